# SPDX-License-Identifier: MIT OR Apache-2.0
"""Just enough of CAR and CBOR to end a chain file at another tipset."""
import base64
import mmap


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def put_varint(value):
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def cbor(data, at=0):
    """One item and where the next begins. CIDs come as their bytes."""
    kind, extra = data[at] >> 5, data[at] & 31
    at += 1
    if extra >= 24:
        size = 1 << (extra - 24)
        extra, at = int.from_bytes(data[at:at + size], "big"), at + size
    if kind == 0:
        return extra, at
    if kind == 1:
        return -1 - extra, at
    if kind in (2, 3):
        value = bytes(data[at:at + extra])
        return (value if kind == 2 else value.decode()), at + extra
    if kind == 4:
        items = []
        for _ in range(extra):
            item, at = cbor(data, at)
            items.append(item)
        return items, at
    if kind == 5:
        items = {}
        for _ in range(extra):
            key, at = cbor(data, at)
            items[key], at = cbor(data, at)
        return items, at
    if kind == 6:
        value, at = cbor(data, at)
        return (value[1:] if extra == 42 else value), at
    return {20: False, 21: True, 22: None}[extra], at


def head(kind, value):
    if value < 24:
        return bytes([kind << 5 | value])
    return bytes([kind << 5 | 24, value]) if value < 256 else bytes([kind << 5 | 25]) + value.to_bytes(2, "big")


def cid_size(data, at):
    start = at
    for _ in range(3):  # version, codec, hash
        _, at = varint(data, at)
    size, at = varint(data, at)
    return at + size - start


def text(cid):
    return "b" + base64.b32encode(cid).decode().lower().rstrip("=")


class ChainFile:
    """Headers by CID and the tipsets of a chain file, newest first."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        size, at = varint(self.data, 0)
        self.roots = cbor(self.data, at)[0]["roots"]
        self.body = at = at + size
        blocks = {}
        while at < len(self.data):
            size, at = varint(self.data, at)
            length = cid_size(self.data, at)
            blocks[self.data[at:at + length]] = (at + length, at + size)
            at += size
        self.tipsets, key = [], self.roots
        while True:
            # The parents are the 6th member of a header, the height the 8th.
            headers = [cbor(self.data[slice(*blocks[cid])])[0] for cid in key]
            self.tipsets.append((headers[0][7], key))
            if headers[0][7] == 0:
                break
            key = headers[0][5]

    def write_until(self, height, path):
        """The same blocks with the last tipset up to `height` as head; the tipsets above it, oldest first."""
        roots = next(key for at, key in self.tipsets if at <= height)
        links = b"".join(b"\xd8\x2a" + head(2, len(cid) + 1) + b"\0" + cid for cid in roots)
        header = head(5, 2) + head(3, 5) + b"roots" + head(4, len(roots)) + links + head(3, 7) + b"version" + head(0, 1)
        with open(path, "wb") as out:
            out.write(put_varint(len(header)) + header)
            out.write(self.data[self.body:])
        return [(at, [text(cid) for cid in key]) for at, key in reversed(self.tipsets) if at > height]
