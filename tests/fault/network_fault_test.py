#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A node that syncs the recorded chain always catches up: over a link that loses 30 % of the packets to it,
when the peer that serves it vanishes (killed or hung) in the middle, when all peers are gone for a minute,
and when it is killed itself.

  network_fault_test.py --programs build/release/apps [--case alone|killed|loss|vanish]

Runs in network namespaces of its own, so that nothing of the machine's network is touched. As root, or where
users may make namespaces; skipped by name elsewhere.
"""
import argparse
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import nodes  # noqa: E402

CHAIN, HEIGHT = "chain-700.car", 700
LOSS = 30  # per cent of the packets that carry the chain
ALONE = 60  # seconds without any peer
PATIENCE = 240  # seconds until a node must have caught up, whatever happens


def say(text):
    print(text, flush=True)


def in_namespace():
    """Begins again inside a network namespace of this test alone."""
    if os.environ.get("VENUS_TEST_NAMESPACE") == "1":
        return
    words = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--net", "--map-root-user"]
    if not shutil.which("unshare") or subprocess.run([*words, "true"], capture_output=True).returncode != 0:
        nodes.skip("network namespaces can't be made here")
    os.environ["VENUS_TEST_NAMESPACE"] = "1"
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    os.execvp(words[0], [*words, sys.executable, *sys.argv])


def run(*words, stdin=None):
    done = subprocess.run(words, input=stdin, text=True, capture_output=True)
    if done.returncode != 0:
        raise AssertionError("%s: %s" % (" ".join(words), done.stderr))
    return done.stdout


class Link:
    """A second namespace, joined to this one by a cable that loses packets (10.99.0.0/24) and by a good one
    for the test's own questions (10.98.0.0/24)."""

    LOSSY = ("10.99.0.1", "10.99.0.2")
    GOOD = ("10.98.0.1", "10.98.0.2")

    def __init__(self):
        self.keeper = subprocess.Popen(["unshare", "--net", "sleep", "3600"])
        self.prefix = ["nsenter", "-t", str(self.keeper.pid), "-n", "--"]
        own = os.readlink("/proc/self/ns/net")
        nodes.eventually(lambda: os.readlink("/proc/%d/ns/net" % self.keeper.pid) != own, 10, "a second namespace")
        for here, there, addresses in (("lossy0", "lossy1", self.LOSSY), ("good0", "good1", self.GOOD)):
            run("ip", "link", "add", here, "type", "veth", "peer", "name", there, "netns", str(self.keeper.pid))
            self._up([], here, addresses[0])
            self._up(self.prefix, there, addresses[1])
        run(*self.prefix, "ip", "link", "set", "lo", "up")
        # By a rule on arrival: the kernel's own emulator of bad networks is not built in everywhere.
        run(*self.prefix, "nft", "-f", "-", stdin="table netdev loss {\n chain in {\n  type filter hook ingress "
            "device lossy1 priority 0;\n  numgen random mod 100 < %d counter drop\n }\n}\n" % LOSS)

    @staticmethod
    def _up(prefix, device, address):
        run(*prefix, "ip", "addr", "add", address + "/24", "dev", device)
        # What a cable carries are packets, not the 64 KiB pieces that a virtual one would take at once.
        run(*prefix, "ip", "link", "set", device, "up", "gso_max_segs", "1")

    def dropped(self):
        """Packets that did not arrive."""
        words = run(*self.prefix, "nft", "list", "ruleset").split()
        return int(words[words.index("packets") + 1])

    def close(self):
        self.keeper.kill()
        self.keeper.wait()


def p2p(host, port, bootstrap=()):
    return '[p2p]\nenabled = true\nlisten = ["/ip4/%s/tcp/%d"]\nbootstrap = [%s]\n' % (
        host, port, ", ".join('"%s"' % a for a in bootstrap))


class Scene:
    def __init__(self, programs, folder):
        self.programs, self.folder, self.nodes = programs, folder, []

    def node(self, name, host, bootstrap=(), copy_of=None, prefix=(), api_host="127.0.0.1"):
        """A node; `copy_of`: with the same chain as another that is stopped."""
        home = self.folder / name
        if copy_of:
            shutil.copytree(copy_of.home, home)
            shutil.rmtree(home / "p2p", ignore_errors=True)
        port = nodes.free_port()
        made = nodes.Node(self.programs, home, settings=p2p(host, port, bootstrap), prefix=prefix, host=api_host)
        made.p2p_address = "/ip4/%s/tcp/%d" % (host, port)
        self.nodes.append(made)
        return made

    def server(self, name, host, whole):
        """A node that has the whole chain, running."""
        made = self.node(name, host, copy_of=whole).start()
        made.p2p_address += "/p2p/" + made.call("ID")
        return made

    def end(self):
        for node in self.nodes:
            node.stop()


def height(node):
    try:
        return node.call("ChainHead")["Height"]
    except OSError:
        return -1


def catches_up(fresh, whole):
    began = time.monotonic()
    nodes.eventually(lambda: height(fresh) >= HEIGHT, PATIENCE, "caught up (at %d)" % height(fresh))
    assert fresh.call("ChainHead")["Cids"] == whole.call("ChainHead")["Cids"]
    return time.monotonic() - began


def reaches(fresh, least):
    """Somewhere in the middle of the chain."""
    nodes.eventually(lambda: height(fresh) >= least, PATIENCE, "at %d" % least)
    at = height(fresh)
    assert at < HEIGHT, "the sync was over before anything could happen"
    return at


def loss(scene, whole):
    link = Link()
    try:
        server = scene.server("loss-server", link.LOSSY[0], whole)
        fresh = scene.node("loss-fresh", link.LOSSY[1], [server.p2p_address], prefix=link.prefix,
                           api_host=link.GOOD[1]).start()
        took = catches_up(fresh, server)
        dropped = link.dropped()
        assert dropped > 50, "only %d packets were lost" % dropped
        say("ok      %d epochs over a link that lost %d packets (%d %%): %.0f s" % (HEIGHT, dropped, LOSS, took))
    finally:
        scene.end()
        link.close()


def vanish(scene, whole):
    servers = [scene.server("vanish-%d" % i, "127.0.0.1", whole) for i in range(3)]
    fresh = scene.node("vanish-fresh", "127.0.0.1", [s.p2p_address for s in servers]).start()
    # Whoever serves it now is not known: two of three go, one at a time.
    at = reaches(fresh, 30)
    servers[0].signal(signal.SIGKILL)
    say("        killed a peer at %d" % at)
    at = reaches(fresh, 150)
    servers[1].signal(signal.SIGSTOP)
    say("        stopped a peer at %d" % at)
    took = catches_up(fresh, servers[2])
    say("ok      caught up %.0f s after two of three peers had vanished" % took)


def alone(scene, whole):
    server = scene.server("alone-server", "127.0.0.1", whole)
    fresh = scene.node("alone-fresh", "127.0.0.1", [server.p2p_address]).start()
    at = reaches(fresh, 30)
    server.signal(signal.SIGKILL)
    nodes.eventually(lambda: not fresh.call("NetPeers"), 60, "it has no peer")
    time.sleep(ALONE)
    say("        without any peer at %d for %d s, now %d" % (at, ALONE, height(fresh)))
    server.start()
    took = catches_up(fresh, server)
    say("ok      caught up %.0f s after its only peer was back" % took)


def killed(scene, whole):
    server = scene.server("killed-server", "127.0.0.1", whole)
    fresh = scene.node("killed-fresh", "127.0.0.1", [server.p2p_address]).start()
    for least in (30, 250):
        at = reaches(fresh, least)
        fresh.signal(signal.SIGKILL)
        fresh.start()
        again = height(fresh)
        assert 0 < again <= HEIGHT, "its head was lost"
        say("        kill -9 at %d, opened again at %d" % (at, again))
    took = catches_up(fresh, server)
    say("ok      caught up %.0f s after it was killed twice" % took)


CASES = {"alone": alone, "killed": killed, "loss": loss, "vanish": vanish}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--programs", required=True)
    parser.add_argument("--case", choices=sorted(CASES), action="append")
    parser.add_argument("--keep", action="store_true", help="leave the folder with logs")
    options = parser.parse_args()
    for program in ("ip", "nft", "nsenter"):
        if not shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin:/sbin"):
            nodes.skip(program + " is missing: run 'make setup'")
    in_namespace()
    run("ip", "link", "set", "lo", "up")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="venus-fault-"))
    whole = nodes.Node(options.programs, folder / "whole", chain=CHAIN)
    try:
        for name in options.case or sorted(CASES):
            scene = Scene(options.programs, folder)
            try:
                CASES[name](scene, whole)
            finally:
                scene.end()
    except BaseException:
        print("logs: %s" % folder)
        raise
    if not options.keep:
        shutil.rmtree(folder, ignore_errors=True)
    print("all as it must be")


if __name__ == "__main__":
    sys.exit(main())
