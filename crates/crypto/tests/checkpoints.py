"""Writes `vectors/checkpoint-v1.json`: a tree over a few lines, its checkpoint, and both signatures.

Run by hand, with the Python package `cryptography` (50 or later). The keys are those of the wrapped
audit signer in `vectors/records-v1.json`. ML-DSA signatures are not the same in every run.
"""

import base64
import hashlib
import json
import pathlib

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519, mldsa
from cryptography.hazmat.primitives.kdf.kbkdf import KBKDFHMAC, CounterLocation, Mode

VECTORS = pathlib.Path(__file__).parent / "vectors"
LINES = [b'{"seq":%d}' % number for number in range(1, 8)]


def derive(secret, label):
    return KBKDFHMAC(
        hashes.SHA256(), Mode.CounterMode, 32, 4, 4, CounterLocation.BeforeFixed,
        label, b"", None,
    ).derive(secret)  # fmt: skip


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def root(lines):
    if len(lines) == 1:
        return sha256(b"\0", sha256(lines[0]))
    k = 1 << (len(lines) - 1).bit_length() - 1
    return sha256(b"\1", root(lines[:k]), root(lines[k:]))


def main():
    records = json.loads((VECTORS / "records-v1.json").read_text())
    service_key, cluster = bytes.fromhex(records["service_key"]), records["cluster_id"]
    ed = ed25519.Ed25519PrivateKey.from_private_bytes(
        derive(service_key, b"strongroom/audit-ed25519/v1")
    )
    ml = mldsa.MLDSA65PrivateKey.from_seed_bytes(derive(service_key, b"strongroom/audit-ml-dsa-65/v1"))
    name = f"strongroom/journal/{cluster}"
    text = (
        f"{name}\n{len(LINES)}\n{base64.b64encode(root(LINES)).decode()}\ninstallation {cluster}\n"
        f"head {sha256(LINES[-1]).hex()}\nprevious 4\ntime 2026-11-25T22:30:00Z\n"
        f"fold 4 {sha256(b'a fold').hex()}\n"
    )
    note, keys = text + "\n", []
    for kind, key in [(b"\x01", ed), (b"\xffstrongroom/ml-dsa-65/v1", ml)]:
        public = kind + key.public_key().public_bytes_raw()
        identifier = sha256(name.encode(), b"\n", public)[:4]
        keys.append(f"{name}+{identifier.hex()}+{base64.b64encode(public).decode()}")
        signature = base64.b64encode(identifier + key.sign(text.encode())).decode()
        note += f"— {name} {signature}\n"
    subtrees = [root(LINES[:4]), root(LINES[4:6]), root(LINES[6:])]
    vector = {
        "lines": [line.decode() for line in LINES],
        "note": note,
        "range": [base64.b64encode(hash).decode() for hash in subtrees],
        "public_keys": keys,
    }
    path = VECTORS / "checkpoint-v1.json"
    path.write_text(json.dumps(vector, indent=1, ensure_ascii=False) + "\n")


main()
