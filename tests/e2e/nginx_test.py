#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""nginx (deploy/nginx/venus.conf) in front of two nodes: one that lags is not asked, one that dies costs no
request, one that comes back is used again, one that hangs costs its waiters a time-out. The nodes stand still
on a recorded chain; whether they count as in sync is their setting. The same with a chain that moves is in
network_test.py.

  nginx_test.py --programs build/release/apps
"""
import argparse
import pathlib
import shutil
import signal
import sys
import tempfile
import threading
import time

import nodes
from nginx import Nginx

IN_SYNC = "[health]\nmax_epochs_behind = 1000000000\n"
LAGGING = "[health]\nmax_epochs_behind = 5\n"
HUNG = 3  # seconds until nginx gives a node up here, instead of the template's 60


class Load:
    """Callers that never stop asking; what failed and how long the slowest took."""

    def __init__(self, url, callers=8, pause=0.0):
        self.url, self.pause, self.asked, self.failed, self.slowest = url, pause, 0, [], 0.0
        self.ending = False
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.run) for _ in range(callers)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ending = True
        for thread in self.threads:
            thread.join()

    def run(self):
        while not self.ending:
            began, error = time.monotonic(), None
            try:
                nodes.call(self.url, "ChainHead")
            except (OSError, AssertionError, ValueError) as failure:
                error = str(failure)
            with self.lock:
                self.asked += 1
                self.slowest = max(self.slowest, time.monotonic() - began)
                if error:
                    self.failed.append(error)
            time.sleep(self.pause)

    def grows(self, by):
        with self.lock:
            target = self.asked + by
        nodes.eventually(lambda: self.asked >= target, 60, "%d more requests" % by)


def expect(holds, text):
    print(("ok      " if holds else "FAILED  ") + text, flush=True)
    if not holds:
        raise AssertionError(text)


def lagging_node(front, first, second):
    before = second.answered("ChainHead")
    with Load(front.url) as load:
        load.grows(300)
    expect(not load.failed, "%d requests while one of two nodes lags: none failed" % load.asked)
    expect(second.answered("ChainHead") == before, "not one was answered by the node that lags")
    for _ in range(4):
        socket = nodes.WebSocket(front.port)
        expect(socket.subscribe("ChainNotify")[0]["Type"] == "current", "head changes through nginx")
        socket.close()
    expect(second.answered("ChainNotify") == 0, "no subscription went to the node that lags")


def both_used(front, first, second, what):
    before = first.answered("ChainHead"), second.answered("ChainHead")
    # Compiling the actors takes a node that starts a while, and this load leaves it the cores.
    with Load(front.url, 2, 0.05) as load:
        nodes.eventually(lambda: first.answered("ChainHead") > before[0] and
                         second.answered("ChainHead") > before[1], 180, what)
    expect(not load.failed, what)


def killed_node(front, first):
    sockets = [nodes.WebSocket(front.port) for _ in range(4)]
    for socket in sockets:
        socket.subscribe("ChainNotify")
    with Load(front.url) as load:
        load.grows(100)
        first.signal(signal.SIGKILL)
        load.grows(300)
    # Bound: none. What was under way is asked again of the other.
    expect(not load.failed, "%d requests around a kill -9 of one node: none failed %s" % (load.asked, load.failed[:1]))
    ended = 0
    for socket in sockets:
        socket.socket.settimeout(1)
        try:
            socket.read()
        except TimeoutError:
            continue  # it is with the other node, whose head does not move
        except OSError:
            ended += 1
            expect(nodes.WebSocket(front.port).subscribe("ChainNotify"), "a broken subscription begins anew")
    expect(0 < ended < 4, "%d of 4 subscriptions were with the node that died" % ended)


def hung_node(front, first):
    with Load(front.url) as load:
        load.grows(50)
        first.signal(signal.SIGSTOP)
        try:
            load.grows(300)
        finally:
            first.signal(signal.SIGCONT)
    expect(not load.failed, "%d requests around a node that hangs: none failed %s" % (load.asked, load.failed[:1]))
    expect(load.slowest >= HUNG, "some waited %.1f s for it" % load.slowest)


def none_ready(front, first, second):
    for node in (first, second):
        node.stop()
        node.configure(LAGGING)
        node.start()
    expect(nodes.status_of(front.url + "/readyz") == 503, "no node is ready")
    with Load(front.url) as load:
        load.grows(100)
    expect(not load.failed, "%d requests while no node is ready: all answered %s" % (load.asked, load.failed[:1]))


def run(options, folder):
    first = nodes.Node(options.programs, folder / "first", settings=IN_SYNC)
    second = nodes.Node(options.programs, folder / "second", settings=LAGGING)
    front = Nginx(folder / "nginx", (first.port, second.port), "%ds" % HUNG)
    try:
        first.start()
        second.start()
        front.start()
        nodes.eventually(first.ready, 120, "the first node is ready")
        expect(nodes.status_of(front.url + "/readyz") == 200, "ready as long as one node is")
        lagging_node(front, first, second)
        second.stop()
        second.configure(IN_SYNC)
        second.start()
        both_used(front, first, second, "a node that is in sync again is used, none failed while it got there")
        killed_node(front, first)
        first.start()
        both_used(front, first, second, "a node that came back is used")
        hung_node(front, first)
        both_used(front, first, second, "a node that goes on is used")
        none_ready(front, first, second)
    finally:
        front.stop()
        first.stop()
        second.stop()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--programs", required=True)
    parser.add_argument("--keep", action="store_true", help="leave the folder with logs")
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="venus-nginx-"))
    try:
        run(options, folder)
    except BaseException:
        print("logs: %s" % folder)
        raise
    if not options.keep:
        shutil.rmtree(folder, ignore_errors=True)
    print("all as it must be")


if __name__ == "__main__":
    sys.exit(main())
