"""Writes `vectors/session-v1.json`: the token and the secret of a session, from a second
implementation of `docs/formats.md`, "Sessions".

Run by hand, with the Python package `cryptography` (50 or later). Nothing in it is random, so
every run writes the same.
"""

import base64
import hashlib
import hmac
import json
import pathlib
import struct

from cryptography.hazmat.primitives.ciphers.aead import AESGCM


def lp(value):
    value = value.encode() if isinstance(value, str) else value
    return struct.pack(">I", len(value)) + value


def kbkdf(secret, label, context, length):
    fixed = label.encode() + b"\0" + context + struct.pack(">I", length * 8)
    blocks = b"".join(
        hmac.digest(secret, struct.pack(">I", i) + fixed, hashlib.sha256)
        for i in range(1, -(-length // 32) + 1)
    )
    return blocks[:length]


def many(items):
    return struct.pack(">I", len(items)) + b"".join(items)


ACCESS_KEY_ID = "ASIA2345ABCD6789EFGH"
SEAL_KEY, SEAL_VERSION = bytes(range(1, 33)), 3
SECRET_KEY, SECRET_VERSION = bytes(range(65, 97)), 2
SALT, IV = bytes(range(16)), bytes(range(100, 112))

CLAIMS = b"".join(
    [
        bytes([1, 1, 0b01]),  # format; a session of a role; chained
        struct.pack(">I", SECRET_VERSION),
        struct.pack(">Q", 111122223333),
        struct.pack(">Q", 1_767_323_045_000),  # issued
        struct.pack(">Q", 1_767_326_645_000),  # expires
        lp("aws"),
        lp("AROAEXAMPLEROLEID0001"),
        lp("/team/"),
        lp("Dev"),
        lp("s1"),
        lp("alice"),  # source identity
        lp('{"Version":"2012-10-17","Statement":[]}'),
        many([lp("arn:aws:iam::111122223333:policy/Narrow")]),
        many([b"\0" + lp("team") + lp("red"), b"\1" + lp("cost") + lp("")]),
        lp("arn:aws:iam::111122223333:oidc-provider/issuer.example"),
        many([lp("issuer.example:sub") + lp("user-1")]),
    ]
)

aad = b"strongroom/session-token/v1" + struct.pack(">I", SEAL_VERSION) + lp(ACCESS_KEY_ID)
fresh = kbkdf(SEAL_KEY, "strongroom/session-token/v1", SALT, 32)
sealed = b"\x01" + struct.pack(">I", SEAL_VERSION) + SALT + IV
sealed += AESGCM(fresh).encrypt(IV, CLAIMS, aad)
secret = kbkdf(SECRET_KEY, "strongroom/session-secret/v1", lp(ACCESS_KEY_ID), 30)

vector = {
    "access_key_id": ACCESS_KEY_ID,
    "session_seal_key": SEAL_KEY.hex(),
    "session_seal_version": SEAL_VERSION,
    "session_secret_key": SECRET_KEY.hex(),
    "session_secret_version": SECRET_VERSION,
    "claims": CLAIMS.hex(),
    "token": base64.urlsafe_b64encode(sealed).rstrip(b"=").decode(),
    "secret_access_key": base64.b64encode(secret).decode(),
}
path = pathlib.Path(__file__).with_name("vectors") / "session-v1.json"
path.write_text(json.dumps(vector, indent=2) + "\n")
