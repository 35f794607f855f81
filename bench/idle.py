#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a node with 10 connected peers uses while nothing happens: there are no blocks at all and nobody calls
its API, so this is its own housekeeping and the network's. The peers speak hello, gossip and the DHT.

usage: idle.py BUILD_FOLDER"""
import subprocess
import sys

import nodes

PEERS, SECONDS = 10, 60


def main():
    build = nodes.begin("idle: %d peers, %d s; goal: under 3 %% of a core" % (PEERS, SECONDS))
    program = build / "bench" / "gossip_load"
    network, genesis, cid = nodes.made_network(build, program, 10)
    node = nodes.Node(build, "node", network, network={"genesis": str(genesis)})
    node.start()
    node.wait_warm()
    info = node.address()
    subprocess.run([program, "run", "--api", node.url(), "--peer", info["Addrs"][0] + "/p2p/" + info["ID"],
                    "--network", "bench", "--genesis", cid, "--pid", str(node.process.pid), "--peers", str(PEERS),
                    "--takers", str(PEERS), "--rate", "0", "--seconds", str(SECONDS), "--kad"], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
