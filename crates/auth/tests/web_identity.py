"""Writes `vectors/web-identity-v1.json`: a key set, and a token of every algorithm, from a second
implementation.

Run by hand, with the Python package `cryptography` (50 or later). Every run makes new keys, which
are published by being here and protect nothing.
"""

import base64
import json
import pathlib

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

RSA = rsa.generate_private_key(65537, 2048)
P256 = ec.generate_private_key(ec.SECP256R1())
P384 = ec.generate_private_key(ec.SECP384R1())
ED25519 = ed25519.Ed25519PrivateKey.generate()
HASHES = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
IDS = {"RS": "rsa", "PS": "rsa", "ES256": "p256", "ES384": "p384", "EdDSA": "ed25519"}


def text(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value, length=None):
    return value.to_bytes(length or (value.bit_length() + 7) // 8, "big")


def sign(algorithm, message):
    family, digest = algorithm[:2], HASHES.get(algorithm[2:])
    if family == "RS":
        return RSA.sign(message, padding.PKCS1v15(), digest)
    if family == "PS":
        return RSA.sign(message, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
    if family == "ES":
        key, length = (P256, 32) if algorithm == "ES256" else (P384, 48)
        r, s = utils.decode_dss_signature(key.sign(message, ec.ECDSA(digest)))
        return number(r, length) + number(s, length)
    return ED25519.sign(message)


def token(algorithm, claims, **header):
    identifier = IDS.get(algorithm) or IDS[algorithm[:2]]
    header = {"alg": algorithm, "kid": identifier, "typ": "JWT", **header}
    header = {name: value for name, value in header.items() if value is not None}
    parts = [text(json.dumps(part).encode()) for part in (header, claims)]
    message = ".".join(parts)
    return f"{message}.{text(sign(algorithm, message.encode()))}"


def point(key, curve, length):
    numbers = key.public_key().public_numbers()
    x, y = number(numbers.x, length), number(numbers.y, length)
    return {"kty": "EC", "crv": curve, "x": text(x), "y": text(y)}


numbers = RSA.public_key().public_numbers()
modulus, exponent = text(number(numbers.n)), text(number(numbers.e))
KEYS = [
    {"kty": "RSA", "kid": "rsa", "use": "sig", "n": modulus, "e": exponent},
    {**point(P256, "P-256", 32), "kid": "p256", "alg": "ES256"},
    {**point(P384, "P-384", 48), "kid": "p384", "key_ops": ["verify"]},
    {"kty": "OKP", "crv": "Ed25519", "kid": "ed25519", "x": text(ED25519.public_key().public_bytes_raw())},
    {"kty": "oct", "kid": "shared", "k": "AAAA"},
    {"kty": "RSA", "kid": "encryption", "use": "enc", "n": modulus, "e": exponent},
]
CLAIMS = {
    "iss": "https://issuer.example",
    "sub": "user-1",
    "aud": ["sts.amazonaws.com", "other"],
    "exp": 2_000_000_000,
    "iat": 1_700_000_000,
    "nbf": 1_700_000_060.5,
    "amr": ["pwd", "otp"],
    "email_verified": True,
    "level": 3,
    "nested": {"x": 1},
    "https://aws.amazon.com/tags": {
        "principal_tags": {"team": ["red"], "cost": "7"},
        "transitive_tag_keys": ["team"],
    },
    "https://aws.amazon.com/source_identity": "alice",
}
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]
vectors = {
    "keys": {"keys": KEYS},
    "tokens": {algorithm: token(algorithm, CLAIMS) for algorithm in ALGORITHMS},
    "without_key_id": token("ES256", CLAIMS, kid=None),
    "another_key_id": token("ES256", CLAIMS, kid="rsa"),
    "unknown_key_id": token("ES256", CLAIMS, kid="elsewhere"),
    "key_for_encryption": token("RS256", CLAIMS, kid="encryption"),
    "critical": token("ES256", CLAIMS, crit=["b64"]),
}
path = pathlib.Path(__file__).with_name("vectors") / "web-identity-v1.json"
path.write_text(json.dumps(vectors, indent=2) + "\n")
