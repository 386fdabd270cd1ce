"""Ciphertext format `SRK` v1, written a second time (custody-and-audit.md §2.7, decisions.md 1, 2).

This is not Strongroom's code and shares nothing with it: it follows the page alone, on the
`cryptography` package. What one of the two writes, the other has to read.
"""

import hashlib
import hmac
import os
import struct

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.kbkdf import KBKDFHMAC, CounterLocation, Mode

# The published constants of `strongroom dev`.
K_MID = hashlib.sha256(b"strongroom/dev/material-id/v1").digest()
K_HDR = hashlib.sha256(b"strongroom/dev/header/v1").digest()

ENCRYPT, DATA_KEY = 1, 2
OVERHEAD = 148


def _hmac(key, message):
    return hmac.new(key, message, hashlib.sha256).digest()


def _framed(text):
    encoded = text.encode()
    return struct.pack(">I", len(encoded)) + encoded


def _kbkdf(key, label, context, size):
    return KBKDFHMAC(
        algorithm=hashes.SHA256(),
        mode=Mode.CounterMode,
        length=size,
        rlen=4,
        llen=4,
        location=CounterLocation.BeforeFixed,
        label=label,
        context=context,
        fixed=None,
    ).derive(key)


def canonical_context(context):
    pairs = sorted((key.encode(), value.encode()) for key, value in context.items())
    out = struct.pack(">I", len(pairs))
    for key, value in pairs:
        out += struct.pack(">I", len(key)) + key + struct.pack(">I", len(value)) + value
    return out


def material_id(account, key_id, material, partition="aws"):
    return _hmac(K_MID, _framed(partition) + _framed(account) + _framed(key_id) + material)


def header(account, key_id, identifier, purpose=ENCRYPT, suite=1, version=1):
    """The first 72 bytes, with their tag."""
    digits = key_id.removeprefix("mrk-").replace("-", "")
    flags = 1 if key_id.startswith("mrk-") else 0
    plain = (
        b"SRK"
        + bytes([version, suite, purpose])
        + struct.pack(">HQ", flags, int(account))
        + bytes.fromhex(digits)
        + identifier
    )
    return plain + _hmac(K_HDR, plain)[:8]


def _message_keys(account, key_id, material, head, context):
    ki = _hmac(b"strongroom/ki/v1", _framed(account) + _framed(key_id) + material)
    digest = hashlib.sha256(canonical_context(context)).digest()
    both = _kbkdf(ki, b"strongroom/msg/v1", head + digest, 64)
    return both[:32], both[32:]


def seal(account, key_id, material, plaintext, context=None, purpose=ENCRYPT, nonce=None, iv=None):
    """A ciphertext blob. The nonce is only ever chosen by the writer, so a random one will do."""
    identifier = material_id(account, key_id, material)
    head = header(account, key_id, identifier, purpose)
    head += (nonce or os.urandom(16)) + (iv or os.urandom(12))
    key, commitment = _message_keys(account, key_id, material, head, context or {})
    return head + commitment + AESGCM(key).encrypt(head[88:100], plaintext, head + commitment)


def open_(blob, account, key_id, material, context=None):
    """The plaintext; AssertionError names the field that is not as the page says."""
    identifier = material_id(account, key_id, material)
    assert blob[:72] == header(account, key_id, identifier, purpose=blob[5])
    head, commitment = blob[:100], blob[100:132]
    key, expected = _message_keys(account, key_id, material, head, context or {})
    assert commitment == expected
    return AESGCM(key).decrypt(blob[88:100], blob[132:], head + commitment)


def retag(head):
    """`head[:64]` with a valid tag, then the rest: for headers that lie and yet are signed."""
    return head[:64] + _hmac(K_HDR, head[:64])[:8] + head[72:]
