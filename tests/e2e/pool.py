# SPDX-License-Identifier: MIT OR Apache-2.0
"""A devnet as a test sees it: its programs, its APIs, its chain."""
import base64
import hashlib
import json
import pathlib
import subprocess
import time
import urllib.error
import urllib.request


class ApiError(Exception):
    """The peer answered, with an error."""


def address_of(text):
    """A key address nobody has the key of, made from a text."""
    payload = hashlib.blake2b(text.encode(), digest_size=20).digest()
    check = hashlib.blake2b(b"\x01" + payload, digest_size=4).digest()
    return "t1" + base64.b32encode(payload + check).decode().lower().rstrip("=")


class Pool:
    def __init__(self, programs, folder):
        self.programs = pathlib.Path(programs)
        self.folder = pathlib.Path(folder)
        self.info = None

    def devnet(self, *words, timeout=900):
        done = subprocess.run([self.programs / "venus-devnet", *words, "--dir", self.folder], text=True,
                              capture_output=True, timeout=timeout)
        if done.returncode != 0:
            raise RuntimeError("venus-devnet %s: %s%s" % (" ".join(words), done.stdout, done.stderr))
        return done.stdout

    def up(self, *words):
        out = self.devnet("up", "--detach", "--ports", "auto", *words)
        self.info = json.loads((self.folder / "devnet.json").read_text())
        return out

    def down(self):
        """Stops all; who did not end as asked, and how."""
        self.devnet("down")
        return ["%s: %s" % (name, line["last_end"]) for name, line in self.processes().items()
                if line["last_end"] != "exit code 0"]

    def processes(self):
        return {line["name"]: line for line in json.loads((self.folder / "status.json").read_text())}

    def named(self, program):
        """The components that are one program, in their order."""
        return [c["name"] for c in self.info["components"] if c["program"] == program]

    @property
    def nodes(self):
        return self.named("venus")

    def component(self, name):
        return next(c for c in self.info["components"] if c["name"] == name)

    def url(self, component):
        return next(c["url"] for c in self.info["components"] if c["name"] == component)

    def call_once(self, component, method, *params, token=None, path="/rpc/v1"):
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}).encode()
        request = urllib.request.Request(self.url(component) + path, body, {
            "Content-Type": "application/json", "Authorization": "Bearer " + (token or self.info["pool_token"])})
        with urllib.request.urlopen(request, timeout=20) as answer:
            out = json.loads(answer.read())
        if out.get("error"):
            raise ApiError("%s: %s" % (method, out["error"].get("message")))
        return out.get("result")

    def call(self, component, method, *params, token=None, patience=90):
        """A call that outlives a restart of the component."""
        until = time.monotonic() + patience
        while True:
            try:
                return self.call_once(component, method, *params, token=token)
            except (OSError, urllib.error.URLError, ValueError) as error:
                if time.monotonic() > until:
                    raise RuntimeError("%s does not answer %s: %s" % (component, method, error)) from error
                time.sleep(0.25)

    def node(self, method, *params, at=None):
        """A call of a node: the first, unless another is named."""
        return self.call(at or self.nodes[0], "Filecoin." + method, *params)

    def head(self, at=None):
        return self.node("ChainHead", at=at)

    def chain(self, head, down_to, at=None):
        """The tipsets from a head down to an epoch, newest first."""
        out = []
        while head["Height"] >= down_to and head["Height"] > 0:
            out.append(head)
            head = self.node("ChainGetTipSet", head["Blocks"][0]["Parents"], at=at)
        return out

    def wins(self):
        """What all producers noted down."""
        out = []
        for producer in self.named("venus-miner"):
            query = {"Miners": [], "Limit": 1000, "Offset": 0}
            out += self.call(producer, "Filecoin.ListBlocks", query) or []
        return out
