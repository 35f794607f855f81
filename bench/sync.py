#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Catching up from a peer on loopback against replaying the same chain (chain-700) in full from a file. The time
of the first runs from the connection to when the head is the peer's; both are on the same machine, so what the
peer uses is told too. The replay runs before and after; the ratio is to the mean of both.

usage: sync.py BUILD_FOLDER"""
import re
import subprocess
import sys
import time

import nodes

LIMIT = 300


def replay(build, name):
    done = subprocess.run([build / "apps" / "venus_replay", "--full", "--network", nodes.NETWORK, "--actors",
                           nodes.BUNDLE, "--db", nodes.folder() / name, nodes.CHAIN], check=True, text=True,
                          capture_output=True).stdout
    line = next(line for line in done.splitlines() if line.startswith("replay:"))
    print("  " + line)
    memory = next(line for line in done.splitlines() if line.startswith("memory:"))
    print("  " + memory)
    tipsets, seconds = re.search(r"replay: (\d+) tipsets.* in ([\d.]+) s", line).groups()
    return int(tipsets) / float(seconds)


def sync(build):
    """Tipsets a second of catching up."""
    server = nodes.Node(build, "server", nodes.NETWORK)
    server.cli("chain", "import", nodes.CHAIN)
    server.start()
    server.wait_warm()
    client = nodes.Node(build, "client", nodes.NETWORK, network={"genesis": str(nodes.GENESIS)})
    started = client.start()
    print("  process start %.2f s, then compiling the actors %.2f s" % (started, client.wait_warm()))
    target = server.call("ChainHead")
    before, at_server = client.use(), server.use()
    start = time.monotonic()
    client.call("NetConnect", server.address())
    connected = time.monotonic() - start
    while (head := client.call("ChainHead"))["Height"] < target["Height"] or head["Cids"] != target["Cids"]:
        if time.monotonic() > start + LIMIT:
            sys.exit("stuck at %d: %s" % (head["Height"], client.call("SyncState")))
        time.sleep(0.02)
    took = time.monotonic() - start
    after, server_after = client.use(), server.use()
    tipsets = count_tipsets(client, target)
    print("  sync: %d tipsets in %.2f s (connected after %.2f s): %.0f tipsets/s; CPU %.2f s (%.1f ms a tipset), "
          "%d MiB at most; serving peer CPU %.2f s" %
          (tipsets, took, connected, tipsets / took, after[0] - before[0], 1000 * (after[0] - before[0]) / tipsets,
           after[2], server_after[0] - at_server[0]))
    for node in (client, server):
        node.stop()
    return tipsets / took


def count_tipsets(node, head):
    """Tipsets above genesis, by their own links."""
    count, tipset = 0, head
    while tipset["Height"] > 0:
        count += 1
        tipset = node.call("ChainGetTipSet", tipset["Blocks"][0]["Parents"])
    return count


def main():
    build = nodes.begin("sync from a peer against replay; goal: at least 0.80 of its speed")
    first = replay(build, "replay-1")
    speed = sync(build)
    second = replay(build, "replay-2")
    print("  ratio %.2f (replay %.0f and %.0f tipsets/s)" % (speed / ((first + second) / 2), first, second))
    return 0


if __name__ == "__main__":
    sys.exit(main())
