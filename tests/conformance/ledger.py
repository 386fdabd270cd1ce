"""The journal's proofs once more: RFC 6962 and C2SP's signed notes, written from their pages.

The data of a leaf is the hash of a line.
"""

import base64
import hashlib
import json
import pathlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import mldsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ML_DSA_65 = b"\xffstrongroom/ml-dsa-65/v1"


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def split(count):
    """The largest power of two below `count`. RFC 6962, 2.1."""
    return 1 << (count - 1).bit_length() - 1


def leaf(line):
    return sha256(b"\0", sha256(line))


def root(lines):
    if not lines:
        return sha256()
    if len(lines) == 1:
        return leaf(lines[0])
    k = split(len(lines))
    return sha256(b"\1", root(lines[:k]), root(lines[k:]))


def path(index, lines):
    """PATH of RFC 6962, 2.1.1."""
    if len(lines) == 1:
        return []
    k = split(len(lines))
    if index < k:
        return [*path(index, lines[:k]), root(lines[k:])]
    return [*path(index - k, lines[k:]), root(lines[:k])]


def subproof(first, lines, whole=True):
    """SUBPROOF of RFC 6962, 2.1.2."""
    if first == len(lines):
        return [] if whole else [root(lines)]
    k = split(len(lines))
    if first <= k:
        return [*subproof(first, lines[:k], whole), root(lines[k:])]
    return [*subproof(first - k, lines[k:], False), root(lines[:k])]


def included(line, index, size, hashes):
    """The root that an inclusion proof leads to. RFC 9162, 2.1.3.2."""
    node, last, found = index, size - 1, leaf(line)
    for hash in hashes:
        assert last > 0
        if node & 1 or node == last:
            found = sha256(b"\1", hash, found)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            found = sha256(b"\1", found, hash)
        node, last = node >> 1, last >> 1
    assert last == 0
    return found


class Key:
    """`NAME+ID+base64(kind || public key)`."""

    def __init__(self, text):
        self.name, self.id, encoded = text.strip().split("+", 2)
        raw = base64.b64decode(encoded)
        assert sha256(self.name.encode(), b"\n", raw)[:4].hex() == self.id
        if raw[0] == 1:
            self.kind, self.key = "Ed25519", Ed25519PublicKey.from_public_bytes(raw[1:])
        else:
            assert raw.startswith(ML_DSA_65)
            raw = raw.removeprefix(ML_DSA_65)
            self.kind, self.key = "ML-DSA-65", mldsa.MLDSA65PublicKey.from_public_bytes(raw)


class Note:
    """A checkpoint, its signatures verified with every one of the keys."""

    def __init__(self, note, keys):
        text, signatures = note.rsplit("\n\n", 1)
        self.text = text + "\n"
        signed = {}
        for line in signatures.splitlines():
            dash, name, encoded = line.split(" ")
            assert dash == "—"
            raw = base64.b64decode(encoded)
            signed[name, raw[:4].hex()] = raw[4:]
        for key in keys:
            key.key.verify(signed[key.name, key.id], self.text.encode())
        self.origin, size, encoded, *rest = text.split("\n")
        self.size, self.root = int(size), base64.b64decode(encoded)
        self.extension = dict(line.split(" ", 1) for line in rest)


def keys_of(text):
    keys = [Key(line) for line in text.splitlines()]
    assert {key.kind for key in keys} == {"Ed25519", "ML-DSA-65"}
    return keys


def checkpoints(data, keys):
    found = []
    for file in sorted(pathlib.Path(data, "journal").glob("*.checkpoints")):
        for line in file.read_text().splitlines():
            found.append(Note(json.loads(line)["note"], keys))
    return found


__all__ = ["InvalidSignature", "Key", "Note", "checkpoints", "included", "keys_of", "path", "root", "subproof"]
