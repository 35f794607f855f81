#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Three nodes of a devnet with two miners that publish through different ones: all agree on heads; one that
is cut off from its peers lags, is left out by nginx, and catches up; the pool goes on while a node is dead or
hangs; and when the network falls into two halves that both mine, it comes together again on the heavier chain
with every message landed once.

  network_test.py --programs build/release/apps [--split-epochs 6] [--block-delay S]
      [--scenes cut dead split] [--keep]
"""
import argparse
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import time
import uuid

import nodes
from nginx import Nginx
from nginx_test import Load
from pool import ApiError, Pool, address_of

ON_CHAIN = 3
SETTLED_WITHIN = 10  # seconds from the join until all heads are the same
TRANSFERS = 4        # on each side of a split
FIL = 10**18
SCENES = ["cut", "dead", "split"]


class Run:
    def __init__(self, pool, options):
        self.pool = pool
        self.options = options
        self.failures = []
        self.delay = 0

    def expect(self, holds, text):
        print(("ok      " if holds else "FAILED  ") + text, flush=True)
        if not holds:
            self.failures.append(text)
        return holds

    def say(self, text):
        print("        " + text, flush=True)

    # ---- what is asked again and again ----------------------------------------------------------

    def head(self, node):
        return self.pool.head(at=node)

    def height(self, node):
        return self.head(node)["Height"]

    def pause(self, epochs, node=None):
        """Until the chain of a node has grown by so many epochs."""
        node = node or self.pool.nodes[1]
        target = self.height(node) + epochs
        nodes.eventually(lambda: self.height(node) >= target, (epochs + 4) * self.delay * 2,
                         "%s reaches epoch %d" % (node, target))

    def same_head(self, names):
        """The head that all have at this moment, else None."""
        heads = [self.head(name) for name in names]
        return heads[0] if all(h["Cids"] == heads[0]["Cids"] for h in heads) else None

    def peers(self, node):
        return {p["ID"] for p in self.pool.node("NetPeers", at=node) or []}

    def peer_id(self, node):
        return self.pool.component(node)["peer_id"]

    def pid(self, name):
        return self.pool.processes()[name]["pid"]

    # ---- connecting and cutting off --------------------------------------------------------------

    def cut(self, one, other):
        """No connection between any of the one and any of the other half."""
        for here, there in ((one, other), (other, one)):
            blocked = [self.peer_id(name) for name in there]
            for name in here:
                self.pool.node("NetBlockAdd", {"Peers": blocked, "IPAddrs": [], "IPSubnets": []}, at=name)
                for peer in blocked:
                    try:
                        self.pool.node("NetDisconnect", peer, at=name)
                    except ApiError:
                        pass  # gone already
        for here, there in ((one, other), (other, one)):
            apart = {self.peer_id(name) for name in there}
            for name in here:
                nodes.eventually(lambda name=name, apart=apart: not self.peers(name) & apart, 10,
                                 "%s has left the other half" % name)

    def join(self, one, other):
        for here, there in ((one, other), (other, one)):
            blocked = [self.peer_id(name) for name in there]
            for name in here:
                self.pool.node("NetBlockRemove", {"Peers": blocked, "IPAddrs": [], "IPSubnets": []}, at=name)
        for name in one:
            for peer in other:
                port = self.pool.component(peer)["p2p_port"]
                self.pool.node("NetConnect", {"ID": self.peer_id(peer), "Addrs": ["/ip4/127.0.0.1/tcp/%d" % port]},
                               at=name)

    # ---- messages ---------------------------------------------------------------------------------

    def push(self, number):
        """A transfer by the messager; what is to become of it."""
        to, value = address_of("%s by messager %d" % (self.pool.folder, number)), FIL + number
        name = str(uuid.uuid4())
        body = {"Version": 0, "To": to, "From": self.pool.info["client"], "Nonce": 0, "Value": str(value),
                "GasLimit": 0, "GasFeeCap": "0", "GasPremium": "0", "Method": 0, "Params": None}
        self.pool.call("messager", "Message.PushMessageWithId", name, body, None,
                       token=self.pool.info["miners"][0]["token"])
        return name

    def landed(self, name):
        try:
            return self.pool.call_once("messager", "Message.GetMessageByUid", name)["State"] == ON_CHAIN
        except (OSError, ApiError, ValueError):
            return False

    def balance(self, address, node):
        try:
            return int(self.pool.node("WalletBalance", address, at=node))
        except ApiError:
            return 0

    def fund(self, node):
        """A key of a node with money."""
        address = self.pool.node("WalletNew", "secp256k1", at=node)
        body = {"Version": 0, "To": address, "From": self.pool.info["client"], "Nonce": 0, "Value": str(100 * FIL),
                "GasLimit": 0, "GasFeeCap": "0", "GasPremium": "0", "Method": 0, "Params": None}
        self.pool.call("messager", "Message.PushMessage", body, None, token=self.pool.info["miners"][0]["token"])
        return address

    def send(self, node, sender, number):
        """A transfer by a node, as its users make it: cid, to, value."""
        to, value = address_of("%s by %s %d" % (self.pool.folder, node, number)), FIL + number
        body = {"Version": 0, "To": to, "From": sender, "Nonce": 0, "Value": str(value), "GasLimit": 0,
                "GasFeeCap": "0", "GasPremium": "0", "Method": 0, "Params": None}
        made = self.pool.node("MpoolPushMessage", body, None, at=node)
        return made["CID"]["/"], to, value

    # ---- the scenes ---------------------------------------------------------------------------------

    def agreement(self):
        names = self.pool.nodes
        for name in names:
            nodes.eventually(lambda name=name: len(self.peers(name)) == len(names) - 1, 60, "%s knows all" % name)
        self.expect(True, "all %d nodes are connected with each other" % len(names))
        first = self.height(names[0])
        nodes.eventually(lambda: self.height(names[0]) > first, self.delay * 20, "a block is made")
        self.start = self.height(names[0]) + 1
        agreed = []
        for _ in range(3):
            head = nodes.eventually(lambda: self.same_head(names), self.delay, "all have the same head")
            agreed.append(head["Height"])
            self.pause(1)
        self.expect(True, "all agree on the head at epochs %s" % ", ".join(map(str, agreed)))

    def cut_off_node(self):
        """All peers of a node gone; nginx, before it and another, leaves it out; then it catches up."""
        pool, alone = self.pool, self.pool.nodes[2]
        good = pool.nodes[1]
        front = Nginx(pool.folder.parent / "nginx", [pool.component(n)["port"] for n in (good, alone)]).start()
        try:
            url = {n: pool.url(n) for n in (good, alone)}
            self.expect(nodes.status_of(url[good] + "/readyz") == 200 and nodes.status_of(url[alone] + "/readyz") == 200,
                        "both nodes behind nginx are ready")
            rest = [n for n in pool.nodes if n != alone]
            began = time.monotonic()
            self.cut([alone], rest)
            nodes.eventually(lambda: nodes.status_of(url[alone] + "/readyz") == 503, self.delay * 12,
                             "a node without peers is no longer ready")
            self.say("%s is behind %.0f s after it lost all peers" % (alone, time.monotonic() - began))
            behind = self.height(alone)
            with Load(front.url, 2) as load:
                seen = [nodes.call(front.url, "ChainHead")["Height"] for _ in range(50)]
                load.grows(50)
            self.expect(not load.failed, "%d requests while one of two nodes lags: none failed %s" % (
                load.asked, load.failed[:1]))
            self.expect(min(seen) > behind, "every answer is the good node's (head %d, not %d)" % (min(seen), behind))
            nodes.eventually(lambda: time.monotonic() - began > 60, 61, "it was alone for a minute")
            self.join([alone], rest)
            began = time.monotonic()
            nodes.eventually(lambda: self.same_head([good, alone]), 30, "it has caught up")
            self.say("caught up in %.1f s" % (time.monotonic() - began))
            nodes.eventually(lambda: nodes.status_of(url[alone] + "/readyz") == 200, self.delay, "it is ready again")
            self.expect(self.used_again(front, alone), "nginx uses it again")
        finally:
            front.stop()

    def used_again(self, front, node):
        before = self.answered(node)
        with Load(front.url, 1):
            nodes.eventually(lambda: self.answered(node) > before + 10, 20, "nginx asks %s" % node)
        return True

    def answered(self, node):
        """Answers of a node to a method that only this test's load asks for often."""
        for line in nodes.text_of(self.pool.url(node) + "/metrics").splitlines():
            if line.startswith('venus_rpc_requests_total{method="Filecoin.ChainHead",outcome="ok"}'):
                return int(float(line.split()[-1]))
        return 0

    def dead_node(self):
        """The node that a miner, its sealer and the messager use first dies, and hangs. Nobody helps."""
        pool, node = self.pool, self.pool.nodes[0]
        miner = pool.info["miners"][0]["address"]
        before = self.height(pool.nodes[1])
        os.kill(self.pid(node), signal.SIGKILL)
        self.say("kill -9 %s at epoch %d" % (node, before))
        sent = [self.push(i) for i in range(2)]
        self.pause(2)
        pid = nodes.eventually(lambda: self.running(node), 30, "%s is started again" % node)
        os.kill(pid, signal.SIGSTOP)
        stopped = self.height(pool.nodes[1])
        self.say("%s hangs from epoch %d on" % (node, stopped))
        try:
            sent += [self.push(i) for i in range(2, 4)]
            self.pause(4)
            now = self.height(pool.nodes[1])
            made = {b["Miner"] for t in pool.chain(self.head(pool.nodes[1]), stopped + 2, at=pool.nodes[1])
                    for b in t["Blocks"]}
            self.expect(miner in made, "%s goes on making blocks (epochs %d to %d) while its node hangs" % (
                miner, stopped + 2, now))
            nodes.eventually(lambda: all(self.landed(s) for s in sent), self.delay * 6, "messages land meanwhile")
            self.expect(True, "%d messages landed while the messager's node was dead or hung" % len(sent))
        finally:
            os.kill(pid, signal.SIGCONT)
        nodes.eventually(lambda: self.same_head(pool.nodes), self.delay * 3, "%s has caught up" % node)
        self.expect(True, "%s has caught up" % node)

    def running(self, name):
        line = self.pool.processes()[name]
        return line["pid"] if line["state"] == "running" else 0

    def pin(self, producer, names):
        """A venus-miner with these nodes alone: after a restart, as any change of settings."""
        file = self.pool.folder / producer / "config.toml"
        urls = ", ".join('"%s/rpc/v1"' % self.pool.url(n) for n in names)
        lines = ["urls = [%s]" % urls if line.startswith("urls = ") else line for line in file.read_text().splitlines()]
        file.write_text("\n".join(lines) + "\n")
        pid = self.pid(producer)
        os.kill(pid, signal.SIGKILL)
        nodes.eventually(lambda: self.running(producer) not in (0, pid), 30, "%s is started again" % producer)

    def partition(self):
        pool = self.pool
        left, right = pool.nodes[:1], pool.nodes[1:]
        accounts = {n: self.fund(n) for n in (left[0], right[0])}
        nodes.eventually(lambda: all(self.balance(a, n) > 0 for n in pool.nodes for a in accounts.values()),
                         self.delay * 8, "the accounts of both sides have money")
        left_producer, right_producer = pool.named("venus-miner")
        self.pin(left_producer, left)
        self.pin(right_producer, right)
        self.watchers = {n: nodes.HeadWatcher(pool.component(n)["port"]) for n in pool.nodes}
        self.cut(left, right)
        fork = min(self.height(left[0]), self.height(right[0]))
        self.say("two halves from epoch %d on" % fork)
        sent = {n: [] for n in accounts}
        for epoch in range(self.options.split_epochs):
            for node, sender in accounts.items():
                if epoch < TRANSFERS:
                    sent[node].append(self.send(node, sender, epoch))
            self.wait_for_clock(fork + epoch + 1)
        self.check_halves(left, right, fork, sent)
        return left, right, fork, accounts, sent

    def wait_for_clock(self, epoch, share=0.5):
        """Until that share of an epoch is over: its blocks are there, if any were made."""
        at = pool_time(self.pool, epoch) + self.delay * share
        time.sleep(max(0, at - time.time()))

    def check_halves(self, left, right, fork, sent):
        heads = [self.head(left[0]), self.head(right[0])]
        self.expect(heads[0]["Cids"] != heads[1]["Cids"], "the halves have chains of their own (heads %d and %d)" % (
            heads[0]["Height"], heads[1]["Height"]))
        owners = []
        for head, node in zip(heads, (left[0], right[0])):
            tipsets = [t for t in self.pool.chain(head, fork + 1, at=node)]
            owners.append({b["Miner"] for t in tipsets[:-1] or tipsets for b in t["Blocks"]})
        self.expect(all(len(o) == 1 for o in owners) and owners[0] != owners[1],
                    "each half mines alone: %s" % " | ".join(",".join(sorted(o)) for o in owners))
        self.expect(self.same_head(right) is not None, "the nodes of one half agree")
        for node, made in sent.items():
            mined = sum(self.balance(to, node) == value for _, to, value in made)
            self.expect(mined > 0, "%d of %d transfers of %s are mined in its half" % (mined, len(made), node))

    def reunion(self, left, right, fork, accounts, sent):
        pool = self.pool
        # Right after an epoch's blocks: none comes in the seconds that are measured.
        self.wait_for_clock(int((time.time() - pool.info["genesis_timestamp"]) / self.delay) + 1, 0.25)
        heads = {n: self.head(n) for n in (left[0], right[0])}
        weights = {n: int(pool.node("ChainTipSetWeight", h["Cids"], at=n)) for n, h in heads.items()}
        winner = max(weights, key=weights.get)
        loser = min(weights, key=weights.get)
        self.say("weights: %s" % ", ".join("%s %d" % item for item in weights.items()))
        began = time.monotonic()
        self.join(left, right)
        head = None
        while time.monotonic() - began < SETTLED_WITHIN * 6 and not head:
            head = self.same_head(pool.nodes)
            time.sleep(0.05)
        took = time.monotonic() - began
        self.expect(head is not None and took <= SETTLED_WITHIN, "all have one head %.1f s after the join" % took)
        if head is None:
            return
        keys = [t["Cids"] for t in pool.chain(head, fork, at=loser)]
        self.expect(heads[winner]["Cids"] in keys and heads[loser]["Cids"] not in keys,
                    "it is on the heavier chain, that of %s" % winner)
        everything = [m for made in sent.values() for m in made]
        nodes.eventually(lambda: all(self.balance(to, n) == value for n in pool.nodes for _, to, value in everything),
                         self.delay * 12, "the transfers of both halves are mined on one chain")
        self.expect(True, "all %d transfers of both halves are mined, in the eyes of every node" % len(everything))
        carried = self.carried(fork)
        self.expect(all(carried.get(cid, 0) == 1 for cid, _, _ in everything), "each in exactly one tipset")
        self.pause(1)  # actors are shown as they were before the head's own messages
        for node, sender in accounts.items():
            nonce = pool.node("StateGetActor", sender, [], at=loser)["Nonce"]
            self.expect(nonce == len(sent[node]), "nonce of %s's account is %d" % (node, nonce))
        for producer in pool.named("venus-miner"):
            self.pin(producer, pool.nodes)
        self.check_head_changes(loser)

    def check_head_changes(self, loser):
        """What subscribers were told leads from head to head, through the fork, to the head there is."""
        for name, watcher in self.watchers.items():
            arrived = nodes.eventually(lambda: self.head(name)["Cids"] == watcher.top or watcher.broken, self.delay,
                                       "ChainNotify of %s tells its head" % name)
            self.expect(arrived and not watcher.broken, "ChainNotify of %s told each step (%d applied, %d reverted) %s" % (
                name, watcher.applied, watcher.reverted, "; ".join(watcher.broken[:2])))
        self.expect(self.watchers[loser].reverted >= self.options.split_epochs // 2,
                    "%s told of the end of its branch" % loser)

    def carried(self, down_to):
        """How many tipsets of the chain carry each message."""
        out = {}
        for tipset in self.pool.chain(self.head(self.pool.nodes[1]), down_to, at=self.pool.nodes[1]):
            own = set()
            for cid in tipset["Cids"]:
                found = self.pool.node("ChainGetBlockMessages", cid, at=self.pool.nodes[1])
                own |= {c["/"] for c in found["Cids"] or []}
            for cid in own:
                out[cid] = out.get(cid, 0) + 1
        return out

    def afterwards(self):
        """All nodes have the same chain, from the first block to the last."""
        pool = self.pool
        self.pause(2)
        head = nodes.eventually(lambda: self.same_head(pool.nodes), self.delay, "all have the same head")
        chains = [[t["Cids"] for t in pool.chain(head, self.start, at=n)] for n in pool.nodes]
        self.expect(all(c == chains[0] for c in chains), "all nodes have the same chain of %d tipsets" % len(chains[0]))
        epochs = head["Height"] - self.start + 1
        self.say("epochs %d to %d, %d without a block" % (self.start, head["Height"], epochs - len(chains[0])))
        for name, line in sorted(pool.processes().items()):
            self.say("%-10s %4d MiB, %d restarts %s" % (name, line["memory_bytes"] >> 20, line["restarts"],
                                                      line["last_end"]))

    def run(self):
        self.delay = self.pool.info["block_delay"]
        self.agreement()
        if "cut" in self.options.scenes:
            self.cut_off_node()
        if "dead" in self.options.scenes:
            self.dead_node()
        if "split" in self.options.scenes:
            self.reunion(*self.partition())
        self.afterwards()


def pool_time(pool, epoch):
    return pool.info["genesis_timestamp"] + epoch * pool.info["block_delay"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--programs", required=True)
    parser.add_argument("--split-epochs", type=int, default=6)
    parser.add_argument("--block-delay", type=int, default=0)
    parser.add_argument("--scenes", nargs="*", default=SCENES, choices=SCENES)
    parser.add_argument("--keep", action="store_true", help="leave the folder with logs")
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="venus-network-"))
    # Lagging is found out within the test: two epochs instead of five.
    os.environ["VENUS_NODE_HEALTH_MAX_EPOCHS_BEHIND"] = "2"
    pool = Pool(options.programs, folder / "devnet")
    run = Run(pool, options)
    try:
        began = time.monotonic()
        words = ["--block-delay", str(options.block_delay)] if options.block_delay else []
        pool.up("--miners", "2", "--nodes", "3", "--producers", "2", "--sectors", "4,4", *words)
        run.say("up after %.0f s: %s" % (time.monotonic() - began, pool.folder))
        run.run()
        run.say("%.0f s in all" % (time.monotonic() - began))
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
