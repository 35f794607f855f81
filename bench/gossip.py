#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A node among 200 peers that gossip 1,000 messages a second: what it uses, how long a message takes from a
peer's publish to the node's pool, and whether any valid message was lost. First at 20 messages a second,
where the time is a message's own and not that of a queue.

usage: gossip.py BUILD_FOLDER [options of gossip_load for the second part]"""
import subprocess
import sys

import nodes

PEERS, ACCOUNTS, RATE, SECONDS = 200, 300, 1000, 20


def load(node, network, genesis, *words):
    info = node.address()
    # On a machine of two cores the load takes what the node leaves, and not half of it.
    subprocess.run(["nice", "-n", "5", node.load, "run", "--api", node.url(), "--peer", info["Addrs"][0] + "/p2p/" + info["ID"],
                    "--network", "bench", "--genesis", genesis, "--pid", str(node.process.pid),
                    "--accounts", str(ACCOUNTS), *words], check=True)


def gossip_metrics(node):
    return {k: v for k, v in node.metrics().items() if "gossip" in k and "_bucket" not in k}


def main():
    build = nodes.begin("gossip: %d peers, %d messages/s; goal: under 1 core, 600 MiB, 5 ms, nothing lost"
                        % (PEERS, RATE))
    program = build / "bench" / "gossip_load"
    network, genesis, cid = nodes.made_network(build, program, ACCOUNTS)
    node = nodes.Node(build, "node", network, network={"genesis": str(genesis)}, p2p={"max_peers": 400})
    node.load = program
    node.start()
    node.wait_warm()
    load(node, network, cid, "--peers", "20", "--rate", "20", "--seconds", str(ACCOUNTS // 20))
    before = gossip_metrics(node)
    load(node, network, cid, "--peers", str(PEERS), "--rate", str(RATE), "--seconds", str(SECONDS),
         "--first-nonce", "1", *sys.argv[2:])
    for name, value in sorted(gossip_metrics(node).items()):
        if value != before.get(name, 0):
            print("%s +%g" % (name, value - before.get(name, 0)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
