# SPDX-License-Identifier: MIT OR Apache-2.0
"""Nodes on the recorded chain, and what tests of several of them need."""
import base64
import json
import os
import pathlib
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
NETWORK = REPOSITORY / "tests" / "api" / "lotus-devnet.toml"
SKIPPED = 77


def skip(why):
    """By name; a failure where everything has to be there."""
    print("skipped:", why)
    sys.exit(1 if os.environ.get("CI") == "true" else SKIPPED)


def vectors():
    """The recorded chain's folder."""
    folder = pathlib.Path(os.environ.get("VENUS_VECTORS", REPOSITORY.parent / "shared" / "vectors")) / "lotus-devnet"
    if not folder.is_dir():
        skip("no test data (VENUS_VECTORS)")
    return folder


def bundle():
    cache = pathlib.Path(os.environ.get("VENUS_CACHE") or pathlib.Path.home() / ".cache" / "venus")
    file = cache / "actors" / "v18-devnet.car"
    if not file.exists():
        skip("no built-in actors: run 'make setup'")
    return file


def free_port():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


def eventually(condition, seconds, what):
    """Waits until it holds; the value it has then."""
    until = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > until:
            raise AssertionError("not within %d s: %s" % (seconds, what))
        time.sleep(0.1)


class Node:
    """A node with the genesis of the recorded chain, or with the whole chain. `prefix` is put before the
    command: to run it in a network namespace."""

    def __init__(self, programs, home, chain=None, settings="", prefix=(), host="127.0.0.1", port=0):
        self.venus = str(pathlib.Path(programs) / "venus")
        self.home = pathlib.Path(home)
        self.prefix = list(prefix)
        self.process = None
        self.host = host
        self.port = port or free_port()
        self.home.mkdir(parents=True, exist_ok=True)
        # The keys that this chain's proofs belong to.
        self.env = {**os.environ, "FIL_PROOFS_PARAMETER_CACHE": str(vectors() / "vk"), "VENUS_HOME": str(self.home)}
        self.configure(settings)
        if chain:
            done = subprocess.run([self.venus, "--home", str(self.home), "chain", "import", str(vectors() / chain)],
                                  env=self.env, text=True, capture_output=True)
            if done.returncode != 0:
                raise AssertionError("import of %s: %s" % (chain, done.stderr))

    def configure(self, settings):
        (self.home / "config.toml").write_text(
            '[api]\nlisten = "/ip4/%s/tcp/%d/http"\n[network]\nname = "%s"\ngenesis = "%s"\n'
            '[actors]\nbundles = ["%s"]\n%s' % (self.host, self.port, NETWORK, vectors() / "genesis.car", bundle(),
                                                settings))

    def start(self):
        (self.home / "token").unlink(missing_ok=True)
        with open(self.home / "log", "ab") as log:
            self.process = subprocess.Popen([*self.prefix, self.venus, "--home", str(self.home), "daemon"],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.env)
        eventually(self.is_up, 60, "%s serves" % self.home)
        return self

    def is_up(self):
        if self.process.poll() is not None:
            raise AssertionError("venus ended:\n" + (self.home / "log").read_text()[-2000:])
        return (self.home / "token").exists()

    def signal(self, number):
        self.process.send_signal(number)
        if number == signal.SIGKILL:
            self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            self.process.wait(180)  # one that compiles the actors does that first

    @property
    def url(self):
        return "http://%s:%d" % (self.host, self.port)

    @property
    def token(self):
        return (self.home / "token").read_text().strip()

    def call(self, method, *params, timeout=30):
        return call(self.url, method, *params, token=self.token, timeout=timeout)

    def cli(self, *words):
        """The program's own command line, in the node's namespace."""
        done = subprocess.run([*self.prefix, self.venus, "--home", str(self.home), *words], text=True,
                              capture_output=True, timeout=120, env=self.env)
        if done.returncode != 0:
            raise AssertionError("%s: %s" % (words, done.stderr))
        return done.stdout

    def ready(self):
        return status_of(self.url + "/readyz") == 200

    def answered(self, method):
        """Calls of a method that the node answered since it started."""
        text = text_of(self.url + "/metrics")
        found = re.findall(r'venus_rpc_requests_total\{method="Filecoin\.%s",outcome="ok"\} (\d+)' % method, text)
        return int(found[0]) if found else 0


def text_of(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read().decode()


def status_of(url):
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def call(url, method, *params, token=None, timeout=30):
    """One JSON-RPC call over HTTP; OSError when there is no answer."""
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = "Bearer " + token
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "Filecoin." + method, "params": list(params)}).encode()
    with urllib.request.urlopen(urllib.request.Request(url + "/rpc/v1", body, headers), timeout=timeout) as answer:
        out = json.loads(answer.read())
    if out.get("error"):
        raise AssertionError("%s: %s" % (method, out["error"]))
    return out["result"]


class WebSocket:
    """As much of RFC 6455 as a subscription needs."""

    def __init__(self, port, host="127.0.0.1", timeout=30):
        self.socket = socket.create_connection((host, port), timeout=timeout)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((
            "GET /rpc/v1 HTTP/1.1\r\nHost: %s:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n\r\n" % (host, port, key)).encode())
        self.buffer = b""
        head = self._until(b"\r\n\r\n")
        if b" 101 " not in head.split(b"\r\n")[0]:
            raise OSError("no upgrade: %s" % head.split(b"\r\n")[0].decode())

    def _more(self):
        got = self.socket.recv(65536)
        if not got:
            raise OSError("the connection ended")
        self.buffer += got

    def _until(self, mark):
        while mark not in self.buffer:
            self._more()
        head, self.buffer = self.buffer.split(mark, 1)
        return head

    def _take(self, count):
        while len(self.buffer) < count:
            self._more()
        out, self.buffer = self.buffer[:count], self.buffer[count:]
        return out

    def _send(self, opcode, payload):
        mask = os.urandom(4)
        size = len(payload)
        head = bytes([0x80 | opcode]) + (bytes([0x80 | size]) if size < 126 else b"\xfe" + struct.pack(">H", size))
        self.socket.sendall(head + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(payload)))

    def send(self, message):
        self._send(1, json.dumps(message).encode())

    def read(self):
        """The next message; pings are answered. OSError when the peer says goodbye or is gone."""
        while True:
            first, second = self._take(2)
            size = second & 0x7F
            if size == 126:
                size = struct.unpack(">H", self._take(2))[0]
            elif size == 127:
                size = struct.unpack(">Q", self._take(8))[0]
            payload = self._take(size)
            opcode = first & 0x0F
            if opcode == 9:
                self._send(10, payload)
            elif opcode == 8:
                raise OSError("closed: %d %s" % (struct.unpack(">H", payload[:2])[0], payload[2:].decode()))
            elif opcode in (1, 2):
                return json.loads(payload)

    def subscribe(self, method):
        """Opens a channel; what it says first."""
        self.send({"jsonrpc": "2.0", "id": 1, "method": "Filecoin." + method, "params": []})
        while True:
            message = self.read()
            if message.get("method") == "xrpc.ch.val":
                return message["params"][1]
            if "error" in message:
                raise AssertionError(message["error"])

    def close(self):
        self.socket.close()


class HeadWatcher(threading.Thread):
    """Follows ChainNotify over a WebSocket and checks that what it says is the way from one head to the next:
    what is reverted was the head, what is applied has the head as its parents."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.socket = WebSocket(port, timeout=None)
        current = self.socket.subscribe("ChainNotify")
        self.top = current[0]["Val"]["Cids"]
        self.applied = self.reverted = 0
        self.broken = [] if [c["Type"] for c in current] == ["current"] else ["it began with %s" % current]
        self.start()

    def run(self):
        try:
            while True:
                message = self.socket.read()
                if message.get("method") == "xrpc.ch.val":
                    for change in message["params"][1]:
                        self._follow(change["Type"], change["Val"])
                elif message.get("method") == "xrpc.ch.close":
                    self.broken.append("the channel was closed")
        except OSError as error:
            self.ended = str(error)

    def _follow(self, kind, tipset):
        below = tipset["Blocks"][0]["Parents"]
        if kind == "revert":
            expected, found, self.top = self.top, tipset["Cids"], below
            self.reverted += 1
        elif kind == "apply":
            expected, found, self.top = self.top, below, tipset["Cids"]
            self.applied += 1
        else:
            self.broken.append("a change of type %s" % kind)
            return
        if expected != found:
            self.broken.append("%s at epoch %d: %s instead of %s" % (kind, tipset["Height"], found, expected))
