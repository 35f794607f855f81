# SPDX-License-Identifier: MIT OR Apache-2.0
"""Real nodes for benchmarks: made in a temporary folder, asked over their API, measured by /proc and /metrics."""
import atexit
import base64
import json
import os
import pathlib
import re
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

SOURCE = pathlib.Path(__file__).resolve().parent.parent
VECTORS = pathlib.Path(os.environ.get("VENUS_VECTORS") or SOURCE.parent / "shared" / "vectors")
CACHE = pathlib.Path(os.environ.get("VENUS_CACHE") or pathlib.Path.home() / ".cache" / "venus")
CHAIN = VECTORS / "lotus-devnet" / "chain-700.car"
GENESIS = VECTORS / "lotus-devnet" / "genesis.car"
BUNDLE = CACHE / "actors" / "v18-devnet.car"
NETWORK = SOURCE / "tests" / "replay" / "lotus-devnet.toml"
TICKS = os.sysconf("SC_CLK_TCK")

_folder = None


def begin(title):
    """The build folder of the command line; ends the program when what it needs is not there."""
    build = pathlib.Path(sys.argv[1]).resolve()
    name = pathlib.Path(sys.argv[0]).stem
    for needed in (CHAIN, GENESIS):
        if not needed.exists():
            print("%s: skipped, %s is missing" % (name, needed))
            sys.exit(0)
    if not BUNDLE.exists():
        sys.exit("%s: %s is missing; run 'make setup'" % (name, BUNDLE))
    # So that nodes and folders go when the benchmark is ended from outside.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # The keys that proofs of the recorded chain belong to.
    os.environ["FIL_PROOFS_PARAMETER_CACHE"] = str(VECTORS / "lotus-devnet" / "vk")
    # What is told belongs to what was going on beside it.
    print("-- %s (load average %.2f, %d cores)" % (title, os.getloadavg()[0], os.cpu_count()), flush=True)
    return build


def folder():
    """A folder that goes away with the program."""
    global _folder
    if _folder is None:
        _folder = pathlib.Path(tempfile.mkdtemp(prefix="venus-bench-"))
        atexit.register(shutil.rmtree, _folder, ignore_errors=True)
    return _folder


def use_of(pid):
    """CPU seconds so far, MiB resident now and at most."""
    words = pathlib.Path("/proc/%d/stat" % pid).read_text().rpartition(")")[2].split()
    status = pathlib.Path("/proc/%d/status" % pid).read_text()
    mib = [int(re.search(key + r":\s+(\d+)", status).group(1)) // 1024 for key in ("VmRSS", "VmHWM")]
    return (int(words[11]) + int(words[12])) / TICKS, mib[0], mib[1]


class ApiError(Exception):
    """The node answered with an error."""


class Node:
    def __init__(self, build, name, file, **settings):
        """`file`: the network's; `settings`: further keys of config.toml by section, as p2p={"min_peers": 1}."""
        self.venus = str(build / "apps" / "venus")
        self.home = folder() / name
        self.home.mkdir()
        sections = {"network": {"name": str(file)}, "actors": {"bundles": [str(BUNDLE)]},
                    "api": {"listen": "/ip4/127.0.0.1/tcp/0/http"}, "log": {"level": "warn"},
                    "p2p": {"enabled": True, "listen": ["/ip4/127.0.0.1/tcp/0"], "bootstrap": [], "min_peers": 1}}
        for section, keys in settings.items():
            sections.setdefault(section, {}).update(keys)
        with open(self.home / "config.toml", "w", encoding="utf-8") as config:
            for section, keys in sections.items():
                # JSON's strings, numbers, booleans and lists are TOML's too.
                config.write("[%s]\n" % section + "".join("%s = %s\n" % (k, json.dumps(v)) for k, v in keys.items()))
        self.log = folder() / (name + ".log")
        self.process = None

    def cli(self, *words):
        done = subprocess.run([self.venus, "--home", self.home, *words], text=True, capture_output=True)
        if done.returncode != 0:
            sys.exit("venus %s: %s" % (" ".join(map(str, words)), done.stderr))
        return done.stdout.strip()

    def start(self):
        """Starts the daemon and waits until it answers; seconds that took."""
        start = time.monotonic()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([self.venus, "--home", self.home, "daemon"], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log)
        atexit.register(self.stop)
        while not ((self.home / "api").exists() and (self.home / "token").exists()):
            if self.process.poll() is not None or time.monotonic() > start + 60:
                sys.exit("the node does not start:\n" + self.log.read_text()[-3000:])
            time.sleep(0.02)
        parts = (self.home / "api").read_text().strip().split("/")
        self.host, self.port = parts[2], int(parts[4])
        self.token = (self.home / "token").read_text().strip()
        return time.monotonic() - start

    def wait_warm(self, seconds=300):
        """Until the actors are compiled; seconds that took from now on."""
        start = time.monotonic()
        while "[+]actors ok" not in self.get("/readyz?verbose"):
            if time.monotonic() > start + seconds:
                sys.exit("the node does not get ready:\n" + self.log.read_text()[-3000:])
            time.sleep(0.05)
        return time.monotonic() - start

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def get(self, path):
        try:
            with urllib.request.urlopen("http://%s:%d%s" % (self.host, self.port, path), timeout=30) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.read().decode()

    def call(self, method, *params):
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "Filecoin." + method, "params": list(params)})
        request = urllib.request.Request("http://%s:%d/rpc/v1" % (self.host, self.port), body.encode(), {
            "Content-Type": "application/json", "Authorization": "Bearer " + self.token})
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                out = json.load(answer)
        except urllib.error.HTTPError as error:
            out = json.loads(error.read())
        if "error" in out:
            raise ApiError("%s: %s" % (method, out["error"].get("message")))
        return out.get("result")

    def use(self):
        return use_of(self.process.pid)

    def metrics(self):
        """Values of /metrics by name with labels, as they stand there."""
        out = {}
        for line in self.get("/metrics").splitlines():
            if line and not line.startswith("#"):
                name, value = line.rsplit(" ", 1)
                out[name] = float(value)
        return out

    def address(self):
        """{"ID", "Addrs"} of the node's own host, as NetConnect takes it, on loopback alone."""
        info = self.call("NetAddrsListen")
        info["Addrs"] = [a for a in info["Addrs"] if a.startswith("/ip4/127.")]
        return info

    def url(self):
        return "ws://%s:%d/rpc/v1" % (self.host, self.port)


class Subscription:
    """A channel of the node's API over a WebSocket; `handler(value, monotonic time)` on a thread of its own."""

    def __init__(self, node, method, handler):
        self.socket = socket.create_connection((node.host, node.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(("GET /rpc/v1 HTTP/1.1\r\nHost: %s:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             "Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\nAuthorization: Bearer %s\r\n\r\n"
                             % (node.host, node.port, key, node.token)).encode())
        self.stream = self.socket.makefile("rb")
        status = self.stream.readline()
        if b" 101 " not in status:
            sys.exit("no WebSocket: %r" % status)
        while self.stream.readline().strip():
            pass
        self.handler = handler
        self.opened = threading.Event()
        threading.Thread(target=self.read, daemon=True).start()
        self.send(1, json.dumps({"jsonrpc": "2.0", "id": 1, "method": "Filecoin." + method, "params": []}).encode())
        if not self.opened.wait(10):
            sys.exit(method + " does not open")

    def send(self, kind, data):
        mask = os.urandom(4)
        size = bytes([0x80 | len(data)]) if len(data) < 126 else b"\xfe" + struct.pack(">H", len(data))
        self.socket.sendall(bytes([0x80 | kind]) + size + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(data)))

    def frame(self):
        first, second = self.stream.read(2)
        size = second & 127
        if size >= 126:
            size = int.from_bytes(self.stream.read(2 if size == 126 else 8), "big")
        return first, self.stream.read(size)

    def read(self):
        text = b""
        try:
            while True:
                first, data = self.frame()
                if first & 15 == 9:
                    self.send(10, data)
                if first & 15 > 2:
                    continue
                text += data
                if not first & 0x80:
                    continue
                now, message, text = time.monotonic(), json.loads(text), b""
                if message.get("method") == "xrpc.ch.val":
                    self.handler(message["params"][1], now)
                elif "error" in message:
                    print("subscription:", message["error"], file=sys.stderr)
                else:
                    self.opened.set()
        except (OSError, ValueError):
            return  # the node stopped


def median(values):
    values = sorted(values)
    return values[len(values) // 2] if values else float("nan")


def made_network(build, load, accounts, name="bench", delay=600):
    """A network without blocks: its file, genesis and its CID. Epochs are so long that its genesis is its head."""
    stamp = int(time.time())
    template, genesis, network = folder() / "template.json", folder() / "genesis.car", folder() / "network.toml"
    template.write_text(subprocess.run([load, "template", str(accounts), name, str(stamp)], check=True, text=True,
                                       capture_output=True).stdout)
    made = subprocess.run([build / "apps" / "venus", "genesis", "build", "--template", template, "--actors", BUNDLE,
                           "--out", genesis], check=True, text=True, capture_output=True).stdout.split()[-1]
    text = NETWORK.read_text()
    for key, value in {"name": '"%s"' % name, "network_name": '"%s"' % name, "genesis_cid": '"%s"' % made,
                       "block_delay_seconds": str(delay), "propagation_delay_seconds": "6"}.items():
        text, count = re.subn(r"(?m)^%s = .*$" % key, "%s = %s" % (key, value), text, count=1)
        assert count == 1, key
    network.write_text(text)
    return network, genesis, made
