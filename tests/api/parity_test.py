#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Venus answers what Lotus answered on the same chain.

usage: parity_test.py VENUS NETWORK.toml

Imports the recorded chain into a new home folder, starts the node on it, and another for company, and asks every
recorded request.
Answers that do not depend on the moment must be equal, the others of the same shape; methods of EXPECTED may
differ, each for the reason given there, and must differ: what became equal has to leave the list."""
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

SKIPPED = 77

# Recordings compared, by folder under vectors/rpc.
FOLDERS = ("core", "net")

EXPECTED = {
    "Filecoin.ChainGetFinalizedTipSet": "on a chain shorter than finality Lotus fails; here genesis is final",
    "Filecoin.AuthVerify": "the recorded token is signed with the secret of the Lotus node",
    "Filecoin.Version": "names the program",
    "Filecoin.SyncState": "also tells the head, the target, how fast and how long",
    "Filecoin.NetStat": "streams are not counted by service and protocol",
}

# Of the recordings under net these are equal wherever they are asked; the others tell of the node and its peers.
NET_EQUAL = {"Filecoin.NetAutoNatStatus", "Filecoin.NetBlockList", "Filecoin.NetConnectedness",
             "Filecoin.NetFindPeer", "Filecoin.NetProtectList"}

# Objects whose keys are data (peers, topics, protocols).
MAPS = {"Topics", "Services", "Protocols", "Peers", "Tags", "Conns"}
MAP_RESULTS = {"Filecoin.NetBandwidthStatsByProtocol"}


def skip(why):
    print("skipped:", why)
    sys.exit(1 if os.environ.get("CI") == "true" else SKIPPED)


def shape(value, is_map=False):
    """Keys and types; a list is as its first item, and an empty one or null is like any other."""
    if isinstance(value, dict) and is_map:
        return shape(list(value.values()))
    if isinstance(value, dict):
        return {key: shape(item, key in MAPS) for key, item in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else "empty"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return "number"
    return type(value).__name__


def like(want, got):
    if want in ("empty", "NoneType") or got in ("empty", "NoneType"):
        return True
    if isinstance(want, dict) and isinstance(got, dict):
        return want.keys() == got.keys() and all(like(want[k], got[k]) for k in want)
    if isinstance(want, list) and isinstance(got, list):
        return like(want[0], got[0])
    return want == got


def first_difference(want, got, path="$"):
    if isinstance(want, dict) and isinstance(got, dict):
        for key in sorted(want.keys() | got.keys()):
            if key not in got or key not in want:
                return f"{path}.{key} is {'missing' if key not in got else 'too much'}"
            if difference := first_difference(want[key], got[key], f"{path}.{key}"):
                return difference
        return None
    if isinstance(want, list) and isinstance(got, list):
        if len(want) != len(got):
            return f"{path} has {len(got)} items, wanted {len(want)}"
        for index, pair in enumerate(zip(want, got)):
            if difference := first_difference(*pair, f"{path}[{index}]"):
                return difference
        return None
    return None if want == got else f"{path} is {str(got)[:90]}, wanted {str(want)[:90]}"


def import_chain(venus, network, vectors, bundle, home):
    # The keys that this chain's proofs belong to.
    os.environ["FIL_PROOFS_PARAMETER_CACHE"] = os.path.join(vectors, "lotus-devnet", "vk")
    with open(os.path.join(home, "config.toml"), "w", encoding="utf-8") as config:
        config.write(f'[network]\nname = "{network}"\n[actors]\nbundles = ["{bundle}"]\n'
                     '[api]\nlisten = "/ip4/127.0.0.1/tcp/0/http"\n'
                     '[p2p]\nlisten = ["/ip4/127.0.0.1/tcp/0", "/ip4/127.0.0.1/udp/0/quic-v1"]\n')
    chain = os.path.join(vectors, "lotus-devnet", "chain-197.car")
    subprocess.run([venus, "--home", home, "chain", "import", chain], check=True)


class Node:
    """The daemon on a home folder with the recorded chain."""

    def __init__(self, venus, vectors, home):
        self.venus, self.home = venus, home
        self.process = subprocess.Popen([venus, "--home", home, "daemon"])
        subprocess.run([venus, "--home", home, "wait-api", "--timeout", "60s"], check=True)
        for key in sorted(glob.glob(os.path.join(vectors, "lotus-devnet", "wallets", "*.key"))):
            subprocess.run([venus, "--home", home, "wallet", "import", key], check=True, stdout=subprocess.DEVNULL)
        subprocess.run([venus, "--home", home, "wallet", "set-default",
                        "t3uygxyqqct3na2el7wfpquxvvhpovn5gqdyfns2raoeu2a56pa3gwbsatzr766e4rrommgb7ey7w2ainbbvha"],
                       check=True)
        endpoint = open(os.path.join(home, "api"), encoding="utf-8").read().strip().split("/")
        self.url = f"http://{endpoint[2]}:{endpoint[4]}/rpc/v1"
        self.token = open(os.path.join(home, "token"), encoding="utf-8").read().strip()

    def call(self, method, *params):
        return self.ask({"jsonrpc": "2.0", "id": 1, "method": "Filecoin." + method, "params": list(params)})

    def info(self):
        """Where another node finds it."""
        return self.call("NetAddrsListen")["result"]

    def ask(self, request):
        headers = {"Content-Type": "application/json", "Authorization": "Bearer " + self.token}
        try:
            with urllib.request.urlopen(urllib.request.Request(self.url, json.dumps(request).encode(), headers),
                                        timeout=120) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            return json.loads(error.read())

    def stop(self):
        self.process.terminate()
        return self.process.wait(timeout=60)


def compare(node, calls, moving):
    """Nothing when all answers are as recorded, else the first thing that is not."""
    for call in calls:
        want, got = call["response"], node.ask(call["request"])
        params = json.dumps(call["request"].get("params"))[:100]
        if ("error" in want) != ("error" in got):
            return f"{params}: got {str(got)[:200]}, wanted {str(want)[:100]}"
        if "error" in want:
            if got["error"].get("code") == -32601:
                return "no such method"
            continue
        want, got = want.get("result"), got.get("result")
        if moving:
            is_map = call["request"]["method"] in MAP_RESULTS
            if not like(shape(want, is_map), shape(got, is_map)):
                return f"{params}: another shape: {first_difference(want, got)}"
        elif difference := first_difference(want, got):
            return f"{params}: {difference}"
    return None


def name(file):
    return os.path.basename(file)[:-len(".json")]


def wait_warm(node):
    until = time.monotonic() + 300
    request = {"jsonrpc": "2.0", "id": 1, "method": "Filecoin.MpoolGetNonce",
               "params": ["t3qauczwakm4eevkykg2sqjh4gfazmilkgtdzywkkgyy236k4yeapzbxsargzeoiwtzcw4zxjzdlgbcqhyofdq"]}
    while "error" in node.ask(request):
        if time.monotonic() > until:
            sys.exit("the node did not get ready")
        time.sleep(0.5)


def wait_for_peer(node):
    until = time.monotonic() + 60
    while True:
        peers, scores = node.call("NetPeers"), node.call("NetPubsubScores")
        if peers.get("result") and scores.get("result") and scores["result"][0]["Score"]["Topics"]:
            return
        if time.monotonic() > until:
            sys.exit(f"the nodes don't find each other: {peers}, {scores}")
        time.sleep(0.5)


def main():
    venus, network = sys.argv[1:3]
    source = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    vectors = os.environ.get("VENUS_VECTORS") or os.path.join(os.path.dirname(source), "shared", "vectors")
    recorded = os.path.join(vectors, "rpc")
    cache = os.environ.get("VENUS_CACHE") or os.path.expanduser("~/.cache/venus")
    bundle = os.path.join(cache, "actors", "v18-devnet.car")
    for needed in (recorded, bundle):
        if not os.path.exists(needed):
            skip("missing " + needed)
    with open(os.path.join(vectors, "rpc", "_stability.json"), encoding="utf-8") as text:
        moving = set(json.load(text)["differs_between_recordings"])
    home = tempfile.mkdtemp(prefix="venus-parity-")
    import_chain(venus, os.path.abspath(network), vectors, bundle, home)
    other_home = home + "-peer"
    shutil.copytree(home, other_home)
    node, other = Node(venus, vectors, home), Node(venus, vectors, other_home)
    failures, equal, alike = [], 0, 0
    try:
        connected = other.call("NetConnect", node.info())
        if "error" in connected:
            sys.exit(f"the nodes don't connect: {connected}")
        wait_warm(node)
        wait_warm(other)
        wait_for_peer(node)
        files = [file for folder in FOLDERS for file in sorted(glob.glob(os.path.join(recorded, folder, "*.json")))]
        moving |= {name(file) for file in files if os.sep + "net" + os.sep in file} - NET_EQUAL
        for file in files:
            method = name(file)
            with open(file, encoding="utf-8") as text:
                difference = compare(node, json.load(text)["calls"], method in moving)
            if difference and method not in EXPECTED:
                failures.append(f"{method} {difference}")
            elif not difference and method in EXPECTED:
                failures.append(f"{method} is as recorded now: take it off the list")
            elif not difference:
                equal, alike = equal + (method not in moving), alike + (method in moving)
    finally:
        code = max(node.stop(), other.stop(), key=abs)
        shutil.rmtree(home, ignore_errors=True)
        shutil.rmtree(other_home, ignore_errors=True)
    for failure in failures:
        print("FAILED", failure)
    print(f"{equal} methods equal, {alike} of the same shape, {len(EXPECTED)} expected to differ, "
          f"{len(failures)} failed; the node ended with {code}")
    return 1 if failures or code != 0 else 0


if __name__ == "__main__":
    sys.exit(main())
