#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Snapshots, garbage collection and a full disk, with the real program on the recorded chain.

usage: space_test.py --programs FOLDER
"""
import argparse
import base64
import contextlib
import http.server
import json
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

SKIPPED = 77
HEAD = 700
SENDER = "t3qauczwakm4eevkykg2sqjh4gfazmilkgtdzywkkgyy236k4yeapzbxsargzeoiwtzcw4zxjzdlgbcqhyofdq"


def skip(why):
    print("skipped:", why)
    sys.exit(1 if os.environ.get("CI") == "true" else SKIPPED)


def expect(condition, text):
    if not condition:
        raise AssertionError(text)


class Home:
    """A home folder with the program that works on it."""

    def __init__(self, venus, network, bundle, home, **store):
        self.venus, self.home, self.process = venus, pathlib.Path(home), None
        self.home.mkdir(parents=True, exist_ok=True)
        self.log = self.home.parent / (self.home.name + ".log")
        settings = "".join("%s = %s\n" % (key, json.dumps(value)) for key, value in store.items())
        (self.home / "config.toml").write_text(
            '[network]\nname = "%s"\n[actors]\nbundles = ["%s"]\n[api]\nlisten = "/ip4/127.0.0.1/tcp/0/http"\n'
            '[store]\n%s' % (network, bundle, settings))

    def run(self, *words, check=True, timeout=600):
        done = subprocess.run([self.venus, "--home", str(self.home), *words], text=True, capture_output=True,
                              timeout=timeout, check=False)
        if check and done.returncode != 0:
            raise AssertionError("%s ended with %d: %s" % (words, done.returncode, done.stderr[-2000:]))
        return done

    def json(self, *words):
        return json.loads(self.run("-o", "json", *words).stdout)

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([self.venus, "--home", str(self.home), "daemon"], stdout=log, stderr=log)
        self.run("wait-api", "--timeout", "60s")
        return self

    @property
    def endpoint(self):
        parts = (self.home / "api").read_text().strip().split("/")
        return parts[2], int(parts[4])

    @property
    def token(self):
        return (self.home / "token").read_text().strip()

    def call(self, method, *params):
        host, port = self.endpoint
        request = urllib.request.Request("http://%s:%d/rpc/v1" % (host, port), json.dumps(
            {"jsonrpc": "2.0", "id": 1, "method": "Filecoin." + method, "params": list(params)}).encode(),
            {"Content-Type": "application/json", "Authorization": "Bearer " + self.token})
        with urllib.request.urlopen(request, timeout=120) as response:
            answer = json.load(response)
        expect("error" not in answer, "%s: %s" % (method, answer))
        return answer["result"]

    def stop(self, how=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(300) if self.process else None

    def wait_for(self, what, condition, seconds=120):
        until = time.monotonic() + seconds
        while not condition():
            expect(time.monotonic() < until, "%s did not happen; log: %s" % (what, self.log.read_text()[-2000:]))
            time.sleep(0.2)


def web_server(folder, break_after, ranges=True):
    """Serves a folder, with ranges or without; the first answers break off after so many bytes."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):  # noqa: N802
            data = (pathlib.Path(folder) / self.path.strip("/")).read_bytes()
            first = 0
            wanted = self.headers.get("Range") if ranges else None
            asked.append(wanted)
            if wanted:
                first = int(wanted.split("=")[1].split("-")[0])
            self.send_response(206 if wanted else 200)
            self.send_header("ETag", '"one"')
            self.send_header("Content-Length", str(len(data) - first))
            if wanted:
                self.send_header("Content-Range", "bytes %d-%d/%d" % (first, len(data) - 1, len(data)))
            self.end_headers()
            body = data[first:]
            if len(asked) <= 2:
                self.wfile.write(body[:break_after])
                self.close_connection = True
                return
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, asked


class WebSocket:
    """As much of RFC 6455 as a test needs."""

    def __init__(self, host, port, token):
        self.socket = socket.create_connection((host, port), timeout=300)
        self.socket.sendall(("GET /rpc/v1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             "Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\nAuthorization: Bearer %s\r\n\r\n"
                             % (base64.b64encode(os.urandom(16)).decode(), token)).encode())
        self.file = self.socket.makefile("rb")
        expect(b"101" in self.file.readline(), "no upgrade")
        while self.file.readline().strip():
            pass

    def send(self, text, opcode=1):
        data, mask = text if isinstance(text, bytes) else text.encode(), os.urandom(4)
        length = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, len(data))
        if len(data) < 126:
            length = struct.pack("!BB", 0x80 | opcode, 0x80 | len(data))
        self.socket.sendall(length + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(data)))

    def receive(self):
        text = b""
        while True:
            head, size = self.file.read(2)
            size &= 0x7f
            if size == 126:
                size = struct.unpack("!H", self.file.read(2))[0]
            elif size == 127:
                size = struct.unpack("!Q", self.file.read(8))[0]
            data = self.file.read(size)
            if head & 0x0f == 9:
                self.send(data, opcode=10)
            if head & 0x0f in (0, 1, 2):
                text += data
            if head & 0x80 and head & 0x0f in (0, 1, 2):
                return json.loads(text)


def stream_export(node, file):
    """What ChainExport sends, written to a file; whether it ended with an empty piece, as Lotus's clients check."""
    peer = WebSocket(*node.endpoint, node.token)
    peer.send(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "Filecoin.ChainExport", "params": [1000, True, None]}))
    whole = False
    with open(file, "wb") as out:
        while True:
            message = peer.receive()
            if message.get("method") == "xrpc.ch.close":
                return whole
            if message.get("method") == "xrpc.ch.val":
                piece = base64.b64decode(message["params"][1] or "")
                whole = not piece
                out.write(piece)


def head_height(node):
    return node.call("ChainHead")["Height"]


def check_state(node):
    """The actors are compiled and the head's state answers."""
    def warm():
        try:
            return node.call("MpoolGetNonce", SENDER) >= 0
        except (urllib.error.HTTPError, AssertionError):
            return False
    node.wait_for("compiling the actors", warm, 300)
    expect(int(node.call("StateGetActor", "t01000", None)["Nonce"]) >= 0, "no actor")
    expect(node.call("StateMinerPower", "t01000", None)["HasMinPower"] in (True, False), "no power")


def snapshots(make, folder, vectors):
    first = make("first", min_free=0)
    first.run("chain", "import", str(vectors / "lotus-devnet" / "chain-700.car"))
    for version in (1, 2):
        file = folder / ("v%d.car.zst" % version)
        made = first.json("snapshot", "export", str(file), "--format", str(version))
        expect(made["height"] == HEAD, made)
        facts = first.json("snapshot", "check", str(file))
        expect(facts["version"] == version and facts["height"] == HEAD and facts["whole_chain"], facts)
        expect(facts["states"] >= HEAD - 2, facts)
        quick = first.json("snapshot", "info", str(file), "--quick")
        expect(quick["height"] == HEAD and "states" not in quick, quick)
    server, asked = web_server(folder, 300_000)
    second = make("second", min_free=0)
    done = second.json("snapshot", "import", "http://127.0.0.1:%d/v2.car.zst" % server.server_port, "--verify")
    server.shutdown()
    # A server that knows no ranges is read anew up to where it broke.
    server, _ = web_server(folder, 300_000, ranges=False)
    facts = second.json("snapshot", "check", "http://127.0.0.1:%d/v1.car.zst" % server.server_port)
    expect(facts["whole_chain"] and facts["height"] == HEAD, facts)
    server.shutdown()
    expect(done["height"] == HEAD and done["version"] == 2, done)
    expect(len(asked) >= 3 and asked[1] and asked[2], asked)
    print("snapshot imported over a connection that broke twice:", asked)
    return second


def running(second, folder):
    second.start()
    expect(head_height(second) == HEAD, "another head")
    check_state(second)
    # A running node writes the file itself and streams the same chain.
    second.run("snapshot", "export", str(folder / "running.car"), "--no-receipts", "--depth-first")
    expect(stream_export(second, folder / "stream.car"), "the stream ended early")
    one, other = (folder / "running.car").read_bytes(), (folder / "stream.car").read_bytes()
    expect(one == other, "file and stream differ: %d and %d bytes" % (len(one), len(other)))
    second.run("chain", "gc", "start")
    second.wait_for("collection", lambda: second.json("chain", "gc", "status")["State"] != "running")
    status = second.json("chain", "gc", "status")
    expect(status["State"] == "done" and status["Blocks"] > 1000, status)
    check_state(second)
    # Killed while it copies or waits, it goes on after the next start.
    second.run("chain", "gc", "start")
    second.wait_for("copying", lambda: second.json("chain", "gc", "status")["Phase"] in ("copying", "settling"))
    second.stop(signal.SIGKILL)
    second.start()
    check_state(second)
    second.wait_for("collection after a kill", lambda: second.json("chain", "gc", "status")["State"] == "done")
    expect(head_height(second) == HEAD, "another head")
    expect(second.stop() == 0, "did not end well")
    print("running node exported and collected garbage:", status)


@contextlib.contextmanager
def small_disk(folder, size):
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=" + size, "tmpfs", str(folder)], check=False,
                          capture_output=True)
    if made.returncode != 0:
        yield False
        return
    try:
        yield True
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)


def resize(folder, size):
    subprocess.run(["mount", "-o", "remount,size=" + size, str(folder)], check=True)


def full_disk(make, folder, vectors):
    disk = folder / "disk"
    with small_disk(disk, "24m") as mounted:
        if not mounted:
            print("skipped the full disk: a small file system can't be mounted here")
            return
        # Replaying fills the disk; the command says so, and goes on where it was when there is room.
        node = make("disk/node", min_free=0)
        chain = str(vectors / "lotus-devnet" / "chain-700.car")
        failed = node.run("chain", "import", chain, check=False)
        expect(failed.returncode != 0, "a chain fitted into 24 MB")
        expect("disk is full" in failed.stderr or "No space left" in failed.stderr, failed.stderr[-1000:])
        print("full disk:", failed.stderr.strip().splitlines()[-1][:200])
        resize(disk, "400m")
        node.run("chain", "import", chain)
        node.run("snapshot", "export", str(disk / "whole.car"))
        expect(node.json("snapshot", "info", str(disk / "whole.car"))["states"] >= HEAD - 2, "states are missing")
        (disk / "whole.car").unlink()
        # A running node stops by itself, in order, before the database fails.
        node = make("disk/node", min_free=50 << 20)
        node.start()
        check_state(node)
        with open(disk / "filler", "wb") as filler:
            free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
            filler.write(bytes(free - (20 << 20)))
        # Compiling the actors is not cut short.
        expect(node.process.wait(300) == 0, "the node did not end well")
        text = (disk / "node.log").read_text()
        expect("disk full" in text and "store.min_free" in text, text[-1000:])
        refused = node.run("daemon", check=False)
        expect(refused.returncode != 0 and "disk full" in refused.stderr, refused.stderr[-500:])
        (disk / "filler").unlink()
        node.start()
        expect(head_height(node) == HEAD, "another head")
        check_state(node)
        expect(node.stop() == 0, "did not end well")
        print("a node whose disk filled stopped and came back")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--programs", required=True)
    parser.add_argument("--only", choices=["snapshots", "disk"])
    arguments = parser.parse_args()
    source = pathlib.Path(__file__).resolve().parents[2]
    vectors = pathlib.Path(os.environ.get("VENUS_VECTORS") or source.parent / "shared" / "vectors")
    cache = pathlib.Path(os.environ.get("VENUS_CACHE") or pathlib.Path.home() / ".cache" / "venus")
    bundle = cache / "actors" / "v18-devnet.car"
    for needed in (vectors / "lotus-devnet" / "chain-700.car", bundle):
        if not needed.exists():
            skip("missing %s" % needed)
    os.environ["FIL_PROOFS_PARAMETER_CACHE"] = str(vectors / "lotus-devnet" / "vk")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="venus-space-"))
    nodes = []

    def make(name, **store):
        nodes.append(Home(os.path.join(arguments.programs, "venus"), source / "tests/replay/lotus-devnet.toml", bundle,
                          folder / name, **store))
        return nodes[-1]

    try:
        if arguments.only != "disk":
            running(snapshots(make, folder, vectors), folder)
        if arguments.only != "snapshots":
            full_disk(make, folder, vectors)
    finally:
        for node in nodes:
            node.stop(signal.SIGKILL)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
