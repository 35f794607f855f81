#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a node does with a block of its own: from SyncSubmitBlock until another node, connected to it, has it
from the network. Both nodes hold the recorded chain up to epoch 640 and the messages of the blocks above it,
which are submitted one after another, as far apart as it takes to execute each before the next comes (real
blocks are seconds apart), so what is measured holds the proof but no execution of a tipset. That is printed
too, as the nodes' metrics tell it.

usage: block.py BUILD_FOLDER"""
import shutil
import sys
import threading
import time

import chain_file
import nodes

FROM = 640
PAUSE = 0.4
PROOFS = 'venus_node_validation_seconds_total{kind="proofs"}'
EXECUTION = "venus_node_execution_seconds_total"


class Arrivals:
    """When each block came to a node, and when it became part of its head."""

    def __init__(self, node):
        self.lock = threading.Condition()
        self.incoming, self.adopted = {}, {}
        self.subscriptions = [nodes.Subscription(node, "SyncIncomingBlocks", self.on_block),
                              nodes.Subscription(node, "ChainNotify", self.on_change)]

    @staticmethod
    def key(header):
        return header["Miner"], header["Height"]

    def on_block(self, header, now):
        with self.lock:
            self.incoming.setdefault(self.key(header), now)
            self.lock.notify_all()

    def on_change(self, changes, now):
        with self.lock:
            for change in changes:
                for header in change["Val"]["Blocks"] if change["Type"] == "apply" else []:
                    self.adopted.setdefault(self.key(header), now)
            self.lock.notify_all()

    def wait(self, header, seconds=10):
        with self.lock:
            return self.lock.wait_for(lambda: self.key(header) in self.adopted, seconds)


def submit(node, arrivals, cid):
    """Milliseconds of one block: the call, until it is seen, until it is adopted, and of these its proof."""
    link = {"/": cid}
    header = node.call("ChainGetBlock", link)
    messages = node.call("ChainGetBlockMessages", link)
    bls = len(messages["BlsMessages"] or [])
    block = {"Header": header, "BlsMessages": messages["Cids"][:bls], "SecpkMessages": messages["Cids"][bls:]}
    before = node.metrics()
    start = time.monotonic()
    node.call("SyncSubmitBlock", block)
    called = time.monotonic()
    arrivals.wait(header)
    after = node.metrics()
    key = arrivals.key(header)
    since = [1000 * (arrivals_.get(key, float("inf")) - start) for arrivals_ in (arrivals.incoming, arrivals.adopted)]
    proof = 1000 * (after.get(PROOFS, 0) - before.get(PROOFS, 0))
    return [1000 * (called - start), *since, proof, len(messages["Cids"])]


def main():
    build = nodes.begin("own block until another node has it; goal: median under 50 ms above proof and FVM")
    cut = nodes.folder() / "cut.car"
    above = chain_file.ChainFile(nodes.CHAIN).write_until(FROM, cut)
    first = nodes.Node(build, "first", nodes.NETWORK)
    second = nodes.Node(build, "second", nodes.NETWORK)
    first.cli("chain", "import", cut)
    shutil.copytree(first.home / "chain", second.home / "chain")
    for node in (first, second):
        node.start()
        node.wait_warm()
    first.call("NetConnect", second.address())
    arrivals = Arrivals(second)
    time.sleep(5)  # the mesh forms
    rows = []
    before = [node.metrics() for node in (first, second)]
    for _, tipset in above:
        for cid in tipset:
            rows.append(submit(first, arrivals, cid))
            time.sleep(PAUSE)
    after = [node.metrics() for node in (first, second)]
    lost = sum(row[1] == float("inf") for row in rows)
    own = [row[1] - row[3] for row in rows]
    print("  %d blocks of %.0f messages: until seen by the other node %.1f ms, its proof %.1f ms (medians); "
          "difference: median %.1f ms, p90 %.1f ms; %d not seen" %
          (len(rows), sum(row[4] for row in rows) / len(rows), nodes.median([row[1] for row in rows]),
           nodes.median([row[3] for row in rows]), nodes.median(own), sorted(own)[len(own) * 9 // 10], lost))
    print("  SyncSubmitBlock itself %.1f ms, until the other node's head %.1f ms (medians)" %
          (nodes.median([row[0] for row in rows]), nodes.median([row[2] for row in rows])))
    for name, early, late in zip(("first", "second"), before, after):
        parts = {k: late[k] - early.get(k, 0) for k in sorted(late) if k.startswith("venus_node_validation_seconds")
                 or k.startswith(EXECUTION)}
        print("  thread time a block, %s node: %s" % (name, ", ".join(
            "%s %.1f ms" % (k.partition("{")[2].rstrip("}") or "execution", 1000 * v / len(rows))
            for k, v in parts.items())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
