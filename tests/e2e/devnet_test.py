#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The pool's acceptance: two miners (3 : 1) on a network of their own, real processes and real proofs, each
process killed once while they work. Prints the figures; exit 1 when one is not as it must be.

  devnet_test.py --programs build/release/apps [--epochs 20] [--block-delay S] [--no-kills] [--keep]
"""
import argparse
import itertools
import math
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import time
import uuid

from pool import ApiError, Pool, address_of

TRANSFERS = 10
ON_CHAIN = 3
SUBMIT_WINDOWED_POST = 5
SUCCESS = 0
# Killed one after the other, a pause of one epoch between them; "node" and "venus-miner" stand for the first.
KILLS = ["messager", "wallet-1", "gateway", "sealer-1", "venus-miner", "auth", "node", "drand", "wallet-2", "sealer-2"]
# Epochs from a deadline's opening until its WindowPoSt must be on chain.
POST_TIME = 9


class Run:
    def __init__(self, pool, options):
        self.pool = pool
        self.options = options
        self.failures = []
        self.messages = []   # id, recipient, value, pushed at, on chain at
        self.kills = []      # component, epoch
        self.memory = {}

    def expect(self, holds, text):
        print(("ok      " if holds else "FAILED  ") + text, flush=True)
        if not holds:
            self.failures.append(text)

    def say(self, text):
        print("        " + text, flush=True)

    # ---- while it runs ------------------------------------------------------------------------

    def push(self):
        number = len(self.messages)
        message = {"id": str(uuid.uuid4()), "to": address_of("%s %d" % (self.pool.folder, number)),
                   "value": 10**18 + number, "pushed": time.monotonic(), "landed": None}
        body = {"Version": 0, "To": message["to"], "From": self.pool.info["client"], "Nonce": 0,
                "Value": str(message["value"]), "GasLimit": 0, "GasFeeCap": "0", "GasPremium": "0", "Method": 0,
                "Params": None}
        self.pool.call("messager", "Message.PushMessageWithId", message["id"], body, None,
                       token=self.pool.info["miners"][0]["token"])
        self.messages.append(message)

    def look_at_messages(self):
        for message in self.messages:
            if message["landed"] is None:
                try:
                    found = self.pool.call_once("messager", "Message.GetMessageByUid", message["id"])
                except (OSError, ApiError, ValueError):
                    continue
                if found["State"] == ON_CHAIN:
                    message["landed"] = time.monotonic()
                    message["height"] = found["Height"]

    def look_at_memory(self):
        for name, line in self.pool.processes().items():
            self.memory[name] = max(self.memory.get(name, 0), line["memory_bytes"])

    def kill(self, name, epoch):
        pid = self.pool.processes()[name]["pid"]
        if pid > 0:
            os.kill(pid, signal.SIGKILL)
            self.kills.append((name, epoch))
            self.say("epoch %d: kill -9 %s (%d)" % (epoch, name, pid))

    def follow(self):
        delay = self.pool.info["block_delay"]
        first = self.pool.head()["Height"]
        self.start = None
        next_kill, deadline = 3, time.monotonic() + delay * (self.options.epochs * 2 + 30)
        first_of = {"node": self.pool.nodes[0], "venus-miner": self.pool.named("venus-miner")[0]}
        kills = [] if self.options.no_kills else [first_of.get(name, name) for name in KILLS]
        while time.monotonic() < deadline:
            height = self.pool.head()["Height"]
            if self.start is None and height > first:
                # The first block's own round may have begun before everything was up.
                self.start = height + 1
                self.say("the first block is at epoch %d: counting from %d" % (height, self.start))
            done = 0 if self.start is None else max(0, height - self.start)
            if done > len(self.messages) and len(self.messages) < TRANSFERS:
                self.push()
            if kills and done >= next_kill and done < self.options.epochs - 2:
                self.kill(kills.pop(0), height)
                next_kill = done + 2
            self.look_at_messages()
            self.look_at_memory()
            landed = sum(m["landed"] is not None for m in self.messages)
            if done >= self.options.epochs and landed == TRANSFERS:
                return
            time.sleep(1)
        self.expect(False, "the run was over in time")

    # ---- afterwards ---------------------------------------------------------------------------

    def check_blocks(self):
        pool = self.pool
        doubles = shared_messages = shared_senders = together = 0
        self.on_chain, self.from_client = {}, []
        for tipset in self.tipsets:
            miners = [b["Miner"] for b in tipset["Blocks"]]
            doubles += len(miners) - len(set(miners))
            contents = []
            for cid, block in zip(tipset["Cids"], tipset["Blocks"]):
                self.on_chain[cid["/"]] = (block["Miner"], tipset["Height"])
                found = pool.node("ChainGetBlockMessages", cid)
                plain = (found["BlsMessages"] or []) + [m["Message"] for m in found["SecpkMessages"] or []]
                contents.append((set(c["/"] for c in found["Cids"] or []), set(m["From"] for m in plain)))
                self.from_client += [m["Nonce"] for m in plain if m["From"] == pool.info["client"]]
            together += len(contents) > 1
            for a, b in itertools.combinations(contents, 2):
                shared_messages += len(a[0] & b[0])
                shared_senders += len(a[1] & b[1])
        self.expect(doubles == 0, "no miner has two blocks at one height")
        self.expect(shared_messages == 0 and shared_senders == 0,
                    "blocks at one height share no message and no sender (%d heights with several blocks)" % together)

    def check_wins(self):
        pool, info = self.pool, self.pool.info
        records = [r for r in pool.wins() if self.start <= r["Epoch"] <= self.end]
        self.expect(len({(r["Miner"], r["Epoch"]) for r in records}) == len(records), "one win per miner and epoch")
        # A kill disturbs the round that runs; a node takes longer to come back.
        killed = {epoch + i for name, epoch in self.kills for i in ((1, 2) if name.startswith("node") else (1,))}
        lost = [r for r in records if r["Cid"] not in self.on_chain]
        for r in lost:
            self.say("not on chain: %s at %d%s: state %d %s %s" % (
                r["Miner"], r["Epoch"], " (something was killed)" if r["Epoch"] in killed else "", r["MineState"],
                r["Cid"], r["Error"]))
        quiet = [r for r in records if r["Epoch"] not in killed]
        quiet_lost = [r for r in lost if r["Epoch"] not in killed]
        self.say("wins that landed: %d of %d (%.1f %%); without the rounds of a kill %d of %d" % (
            len(records) - len(lost), len(records), 100 - 100 * len(lost) / max(1, len(records)),
            len(quiet) - len(quiet_lost), len(quiet)))
        self.expect(len(records) > 0 and len(quiet_lost) <= 0.01 * len(quiet), "at least 99 % of wins land on chain")
        self.expect(len(lost) <= max(1, 0.01 * len(records) + len(self.kills) / 2), "kills cost few wins")
        total = sum(m["sectors"] for m in info["miners"])
        rounds = self.end - self.start + 1
        for miner in info["miners"]:
            share = miner["sectors"] / total
            p = 1 - math.exp(-5 * share)
            blocks = sum(1 for owner, height in self.on_chain.values()
                         if owner == miner["address"] and height <= self.end)
            low, high = binomial_range(rounds - len(self.kills), p)[0], binomial_range(rounds, p)[1]
            self.expect(low <= blocks <= high, "%s: %d blocks in %d epochs, expected %.1f, allowed %d to %d" % (
                miner["address"], blocks, rounds, rounds * p, low, high))

    def check_messages(self):
        pool = self.pool
        landed = [m for m in self.messages if m["landed"] is not None]
        self.expect(len(landed) == TRANSFERS, "%d of %d transfers are on chain" % (len(landed), TRANSFERS))
        for message in self.messages:
            found = pool.call("messager", "Message.GetMessageByUid", message["id"])
            receipt = found.get("Receipt") or {}
            balance = int(pool.node("WalletBalance", message["to"]))
            if found["State"] != ON_CHAIN or receipt.get("ExitCode") != 0 or balance != message["value"]:
                self.expect(False, "transfer %s: state %s %s, receipt %s, balance %d of %d" % (
                    message["id"], found["State"], found.get("ErrorMsg"), receipt, balance, message["value"]))
        nonce = pool.node("StateGetActor", pool.info["client"], [])["Nonce"]
        self.expect(nonce == TRANSFERS and sorted(set(self.from_client)) == list(range(TRANSFERS)) and
                    len(self.from_client) == TRANSFERS, "each transfer exactly once (nonce %d, %d in blocks)" % (
                        nonce, len(self.from_client)))
        times = sorted(m["landed"] - m["pushed"] for m in landed)
        if times:
            self.say("message latency: median %.1f s, longest %.1f s" % (times[len(times) // 2], times[-1]))

    def accepted_posts(self):
        """(miner, epoch of execution) of each WindowPoSt with exit code 0, and the number of others."""
        pool, good, bad = self.pool, [], 0
        miners = {m["address"] for m in pool.info["miners"]}
        for tipset in self.tipsets:
            messages = pool.node("ChainGetParentMessages", tipset["Cids"][0]) or []
            receipts = pool.node("ChainGetParentReceipts", tipset["Cids"][0]) or []
            for message, receipt in zip(messages, receipts):
                plain = message["Message"]
                if plain["To"] in miners and plain["Method"] == SUBMIT_WINDOWED_POST:
                    if receipt["ExitCode"] == 0:
                        good.append((plain["To"], tipset["Height"]))
                    else:
                        bad += 1
        return good, bad

    def check_posts(self):
        pool = self.pool
        good, bad = self.accepted_posts()
        due_of_all = 0
        for miner in pool.info["miners"]:
            address = miner["address"]
            now = pool.node("StateMinerProvingDeadline", address, [])
            deadlines = pool.node("StateMinerDeadlines", address, [])
            for index in range(len(deadlines)):
                partitions = pool.node("StateMinerPartitions", address, index, []) or []
                if not any(rle_count(p["LiveSectors"]) for p in partitions):
                    continue
                opened = now["PeriodStart"] + index * now["WPoStChallengeWindow"]
                if opened + POST_TIME > self.end or opened + now["WPoStChallengeWindow"] <= self.start:
                    continue
                due_of_all += 1
                done = [e for a, e in good if a == address and opened <= e <= opened + now["WPoStChallengeWindow"]]
                self.expect(bool(done), "%s: WindowPoSt of deadline %d (open at %d) accepted %s" % (
                    address, index, opened, "at " + ", ".join(map(str, done)) if done else "never"))
            faults = pool.node("StateMinerFaults", address, [])
            self.expect(rle_count(faults) == 0, "%s: no faults" % address)
            power = pool.node("StateMinerPower", address, [])["MinerPower"]["RawBytePower"]
            self.expect(int(power) == miner["sectors"] * 2048, "%s: power is %s bytes, as at the start" % (address, power))
        self.expect(due_of_all > 0, "%d deadlines were due" % due_of_all)
        self.say("WindowPoSts: %d accepted, %d refused" % (len(good), bad))

    def check_recovery(self):
        lines = self.pool.processes()
        for name, epoch in self.kills:
            line = lines[name]
            self.expect(line["restarts"] >= 1 and line["state"] == "running", "%s came back (killed at %d, %d restarts)" % (
                name, epoch, line["restarts"]))
        unasked = {n: l for n, l in lines.items() if l["restarts"] > sum(k == n for k, _ in self.kills)}
        self.expect(not unasked, "nothing else was restarted" + "".join(
            "; %s: %s" % (n, l["last_end"]) for n, l in unasked.items()))
        for name, most in sorted(self.memory.items()):
            self.say("memory of %-10s %4d MiB at most" % (name, most >> 20))

    def check(self):
        # The newest epoch may still be on its way.
        head = self.pool.head()
        self.end = head["Height"] - 1
        self.tipsets = [t for t in self.pool.chain(head, self.start)]
        empty = self.end - self.start + 1 - sum(1 for t in self.tipsets if t["Height"] <= self.end)
        self.say("epochs %d to %d, %d of them without a block, one each %d s" % (
            self.start, self.end, empty, self.pool.info["block_delay"]))
        self.check_blocks()
        self.check_wins()
        self.check_messages()
        self.check_posts()
        self.check_recovery()


def binomial_range(n, p, tail=0.0005):
    """The counts left when both tails of that probability are cut off."""
    weights = [math.comb(n, k) * p**k * (1 - p)**(n - k) for k in range(n + 1)]
    sums = list(itertools.accumulate(weights))
    low = next(k for k in range(n + 1) if sums[k] > tail)
    high = next(k for k in range(n + 1) if sums[k] >= 1 - tail)
    return low, high


def rle_count(runs):
    """Bits set in a bit field as JSON has it: lengths of runs, beginning with zeros."""
    return sum((runs or [])[1::2])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--programs", required=True)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--block-delay", type=int, default=0)
    parser.add_argument("--no-kills", action="store_true")
    parser.add_argument("--keep", action="store_true", help="leave the folder with logs")
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="venus-e2e-"))
    pool = Pool(options.programs, folder / "devnet")
    run = Run(pool, options)
    try:
        began = time.monotonic()
        words = ["--block-delay", str(options.block_delay)] if options.block_delay else []
        pool.up("--miners", "2", "--sectors", "6,2", *words)
        run.say("up after %.0f s: %s" % (time.monotonic() - began, pool.folder))
        run.follow()
        if run.start is None:
            run.expect(False, "a block was made")
        else:
            run.check()
    finally:
        try:
            badly = pool.down()
            run.expect(not badly, "all components end in order %s" % "; ".join(badly))
        finally:
            if run.failures or options.keep or sys.exc_info()[0] is not None:
                print("logs: %s" % (pool.folder / "logs"))
            else:
                shutil.rmtree(folder, ignore_errors=True)
    print("FAILED: %d" % len(run.failures) if run.failures else "all as it must be")
    return 1 if run.failures else 0


if __name__ == "__main__":
    sys.exit(main())
