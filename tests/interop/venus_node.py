# SPDX-License-Identifier: MIT OR Apache-2.0
"""A real `venus` on the recorded network, in a home folder of its own."""
import json
import os
import subprocess
import time
import urllib.error
import urllib.request

import recording


class RpcError(Exception):
    """The node answered with an error."""


class VenusNode:
    def __init__(self, venus, home, settings=""):
        """`settings`: further lines of the configuration's table [p2p]."""
        self.venus, self.home = venus, str(home)
        os.makedirs(self.home)
        self.env = {**os.environ, "FIL_PROOFS_PARAMETER_CACHE": str(recording.vectors() / "vk")}
        self.log = self.home + ".log"
        self.process = None
        with open(os.path.join(self.home, "config.toml"), "w", encoding="utf-8") as config:
            config.write('[network]\nname = "%s"\n[actors]\nbundles = ["%s"]\n'
                         '[api]\nlisten = "/ip4/127.0.0.1/tcp/0/http"\n'
                         '[p2p]\nlisten = ["/ip4/127.0.0.1/tcp/0", "/ip4/127.0.0.1/udp/0/quic-v1"]\n%s\n'
                         % (recording.network_file(), recording.actors_bundle(), settings))

    def command(self, *words):
        with open(self.log, "ab") as log:
            done = subprocess.run([self.venus, "--home", self.home, *words], env=self.env, stdout=subprocess.PIPE,
                                  stderr=log, text=True, check=False)
        if done.returncode != 0:
            raise AssertionError("venus %s ended with %d:\n%s" % (" ".join(words), done.returncode, self.tail()))
        return done.stdout

    def tail(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return log.read()[-3000:]

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([self.venus, "--home", self.home, "daemon"], env=self.env,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.command("wait-api", "--timeout", "300s")
        parts = self.read("api").split("/")
        self.url = "http://%s:%s/rpc/v1" % (parts[2], parts[4])
        self.token = self.read("token")
        self.peer = self.call("ID")
        return self

    def read(self, name):
        with open(os.path.join(self.home, name), encoding="utf-8") as file:
            return file.read().strip()

    def call(self, method, *params):
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "Filecoin." + method, "params": list(params)})
        request = urllib.request.Request(self.url, body.encode(), {"Content-Type": "application/json",
                                                                  "Authorization": "Bearer " + self.token})
        try:
            with urllib.request.urlopen(request, timeout=600) as response:
                answer = json.load(response)
        except urllib.error.HTTPError as error:
            answer = json.loads(error.read())
        if "error" in answer:
            raise RpcError(answer["error"].get("message"))
        return answer.get("result")

    def wait(self, what, found, seconds=1200):
        """Asks until the answer is true. The limit only ends a test that has failed already."""
        until = time.monotonic() + seconds
        while True:
            try:
                if result := found():
                    return result
                last = "not yet"
            except RpcError as error:
                last = str(error)
            if self.process.poll() is not None:
                raise AssertionError("venus ended with %d:\n%s" % (self.process.returncode, self.tail()))
            if time.monotonic() > until:
                raise AssertionError("%s: %s\n%s" % (what, last, self.tail()))
            time.sleep(0.1)

    def head(self):
        tipset = self.call("ChainHead")
        return [cid["/"] for cid in tipset["Cids"]], tipset["Height"]

    def wait_head(self, cids):
        self.wait("head %s" % cids, lambda: self.head()[0] == cids)

    def address(self, transport):
        """Where it listens: "tcp" or "quic-v1"."""
        address = next(a for a in self.call("NetAddrsListen")["Addrs"] if "/%s" % transport in a)
        return address if "/p2p/" in address else "%s/p2p/%s" % (address, self.peer)

    def connect(self, address):
        """Dials one address, as another program tells it: with /p2p/PEER at its end."""
        place, peer = address.rsplit("/p2p/", 1)
        self.call("NetConnect", {"ID": peer, "Addrs": [place]})

    def connected(self, peer):
        return self.call("NetConnectedness", peer) == 1

    def score(self, peer):
        for one in self.call("NetPubsubScores") or []:
            if one["ID"] == peer:
                return one["Score"]["Score"]
        return 0

    def stop(self):
        if self.process is None:
            return 0
        self.process.terminate()
        try:
            return self.process.wait(300)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
