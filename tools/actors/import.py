#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Checks and installs built-in actor bundles (CAR v1) that came by other ways than the Go tool.

  import.py [--cache DIR] FILE...   check each file whole and copy it into DIR
  import.py [--cache DIR] --check   exit 0 when every bundle of the table is in DIR (roots only)
"""
import argparse
import base64
import hashlib
import os
import pathlib
import sys
import tempfile

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
BLAKE2B_256 = 0xB220
MAX_BUNDLE = 256 << 20  # official bundles are 8 MB


class BadBundle(Exception):
    pass


def varint(data, at):
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise BadBundle("truncated or oversized number at byte %d" % at)
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:
            return value, at


def cid_at(data, at):
    """(text of the CIDv1, multihash code, digest, end); bundles hold blake2b-256 CIDv1 only."""
    start = at
    version, at = varint(data, at)
    _, at = varint(data, at)
    code, at = varint(data, at)
    size, at = varint(data, at)
    if version != 1 or code != BLAKE2B_256 or size != 32 or at + size > len(data):
        raise BadBundle("unexpected kind of CID at byte %d" % start)
    text = "b" + base64.b32encode(data[start:at + size]).decode().lower().rstrip("=")
    return text, bytes(data[at:at + size]), at + size


def root_of(data):
    """The only root named by a CAR v1 header, and where the blocks begin.

    The header is dag-cbor {"roots": [cid], "version": 1}, canonical, so its bytes are known but
    for the CID.
    """
    size, begin = varint(data, 0)
    header = bytes(data[begin:begin + size])
    prefix, suffix = b"\xa2eroots\x81\xd8\x2aX\x27\x00", b"gversion\x01"
    if len(header) != size or not header.startswith(prefix) or not header.endswith(suffix):
        raise BadBundle("not a CAR v1 file with one blake2b-256 root")
    text, _, end = cid_at(header, len(prefix))
    if end + len(suffix) != size:
        raise BadBundle("bad CAR header")
    return text, begin + size


def verify(data):
    """Checks every block's hash; returns the root."""
    view = memoryview(data)
    root, at = root_of(view)
    found = False
    while at < len(view):
        size, at = varint(view, at)
        end = at + size
        if size == 0 or end > len(view):
            raise BadBundle("truncated block at byte %d" % at)
        text, digest, body = cid_at(view, at)
        if body > end or hashlib.blake2b(view[body:end], digest_size=32).digest() != digest:
            raise BadBundle("block %s does not match its hash" % text)
        found = found or text == root
        at = end
    if not found:
        raise BadBundle("the manifest block %s is missing" % root)
    return root


def table(path):
    """{file name: manifest CID}"""
    rows = {}
    for line in path.read_text().splitlines():
        if line and not line.startswith("#"):
            version, network, manifest = line.split("\t")
            rows["v%s-%s.car" % (version, network)] = manifest
    return rows


def check(cache, rows):
    bad = []
    for name, manifest in rows.items():
        try:
            with open(cache / name, "rb") as file:
                if root_of(file.read(256))[0] != manifest:
                    bad.append(name + " (another root)")
        except (OSError, BadBundle):
            bad.append(name)
    if bad:
        print("missing in %s: %s" % (cache, " ".join(bad)), file=sys.stderr)
    return not bad


def install(file, cache, rows):
    if file.stat().st_size > MAX_BUNDLE:
        raise BadBundle("larger than any official bundle")
    data = file.read_bytes()
    root = verify(data)
    names = [name for name, manifest in rows.items() if manifest == root]
    if not names:
        raise BadBundle("its root %s is in no row of networks/actors.tsv" % root)
    cache.mkdir(parents=True, exist_ok=True)
    for name in names:
        handle, temp = tempfile.mkstemp(prefix=".partial-", dir=cache)
        try:
            with os.fdopen(handle, "wb") as out:
                out.write(data)
                out.flush()
                os.fsync(out.fileno())
            os.chmod(temp, 0o644)
            os.replace(temp, cache / name)
        except BaseException:
            os.unlink(temp)
            raise
    return names


def main(arguments):
    home = os.environ.get("VENUS_CACHE") or os.path.join(os.path.expanduser("~"), ".cache/venus")
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=pathlib.Path, default=pathlib.Path(home) / "actors")
    parser.add_argument("--table", type=pathlib.Path, default=REPOSITORY / "networks/actors.tsv")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    options = parser.parse_args(arguments)
    if options.check == bool(options.files):
        parser.error("give either --check or files")
    rows = table(options.table)
    if options.check:
        return 0 if check(options.cache, rows) else 1
    for file in options.files:
        try:
            names = install(file, options.cache, rows)
        except (OSError, BadBundle) as error:
            print("%s: refused: %s" % (file, error), file=sys.stderr)
            return 1
        print("%s: verified, installed as %s" % (file, ", ".join(names)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
