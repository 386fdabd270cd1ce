"""What the other library lacks: Ed25519ph (RFC 8032) and SM2 (GB/T 32918), slow and plain.

Only for comparing: nothing here resists timing, and keys are made in the clear.
"""

import hashlib
import os

from cryptography.hazmat.primitives import hashes

# --- Ed25519ph: RFC 8032, 5.1 ------------------------------------------------------------------

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def _recover(y, sign):
    x2 = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * ROOT % P
    if (x * x - x2) % P:
        raise ValueError("not a point")
    return P - x if x % 2 != sign else x


def _decode(encoded):
    number = int.from_bytes(encoded, "little")
    y = number & ((1 << 255) - 1)
    return _recover(y, number >> 255), y


def _edwards(a, b):
    (x1, y1), (x2, y2) = a, b
    k = D * x1 * x2 * y1 * y2
    return (
        (x1 * y2 + x2 * y1) * pow(1 + k, -1, P) % P,
        (y1 * y2 + x1 * x2) * pow(1 - k, -1, P) % P,
    )


def _edwards_times(number, point):
    result = (0, 1)
    while number:
        if number & 1:
            result = _edwards(result, point)
        point = _edwards(point, point)
        number >>= 1
    return result


def ed25519ph_verifies(public, message, signature):
    """Whether it is the Ed25519ph signature of `message`, whose SHA-512 is the pre-hash."""
    base_y = 4 * pow(5, -1, P) % P
    base = _recover(base_y, 0), base_y
    prefix = b"SigEd25519 no Ed25519 collisions\x01\x00"
    hashed = hashlib.sha512(message).digest()
    s = int.from_bytes(signature[32:], "little")
    if s >= ORDER or len(signature) != 64:
        return False
    k = hashlib.sha512(prefix + signature[:32] + public + hashed).digest()
    k = int.from_bytes(k, "little") % ORDER
    left = _edwards_times(s, base)
    right = _edwards(_decode(signature[:32]), _edwards_times(k, _decode(public)))
    return left == right


# RFC 8032, 7.3: the library of this page is right about the one published signature.
assert ed25519ph_verifies(
    bytes.fromhex("ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf"),
    b"abc",
    bytes.fromhex(
        "98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae41"
        "31f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406"
    ),
)

# --- SM2: GB/T 32918, parts 2 to 5 -----------------------------------------------------------------

SM2_P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
SM2_A = SM2_P - 3
SM2_B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
SM2_N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
SM2_G = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)
# id-ecPublicKey with the curve SM2 (1.2.156.10197.1.301), and an uncompressed point.
SM2_SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d03420004")


def sm3(data):
    hashed = hashes.Hash(hashes.SM3())
    hashed.update(data)
    return hashed.finalize()


def _add(a, b):
    if a is None or b is None:
        return a or b
    (x1, y1), (x2, y2) = a, b
    if x1 == x2 and (y1 + y2) % SM2_P == 0:
        return None
    if a == b:
        slope = (3 * x1 * x1 + SM2_A) * pow(2 * y1, -1, SM2_P)
    else:
        slope = (y2 - y1) * pow(x2 - x1, -1, SM2_P)
    x = (slope * slope - x1 - x2) % SM2_P
    return x, (slope * (x1 - x) - y1) % SM2_P


def sm2_times(number, point=SM2_G):
    result = None
    while number:
        if number & 1:
            result = _add(result, point)
        point = _add(point, point)
        number >>= 1
    return result


def _32(number):
    return number.to_bytes(32, "big")


def sm2_point(spki):
    """The public point of a SubjectPublicKeyInfo."""
    assert spki[: len(SM2_SPKI)] == SM2_SPKI, spki.hex()
    x, y = (int.from_bytes(spki[at : at + 32], "big") for at in (len(SM2_SPKI), len(SM2_SPKI) + 32))
    assert (y * y - x**3 - SM2_A * x - SM2_B) % SM2_P == 0
    return x, y


def sm2_spki(point):
    return SM2_SPKI + _32(point[0]) + _32(point[1])


def sm2_private():
    return int.from_bytes(os.urandom(40), "big") % (SM2_N - 1) + 1


def sm2_digest(point, message, identity=b"1234567812345678"):
    """What is signed: SM3 of Z and the message."""
    z = sm3(
        (8 * len(identity)).to_bytes(2, "big") + identity
        + b"".join(map(_32, (SM2_A, SM2_B, *SM2_G, *point)))
    )  # fmt: skip
    return sm3(z + message)


def sm2_verifies(point, digest, r, s):
    if not (1 <= r < SM2_N and 1 <= s < SM2_N):
        return False
    t = (r + s) % SM2_N
    x, _ = _add(sm2_times(s), sm2_times(t, point))
    return (int.from_bytes(digest, "big") + x) % SM2_N == r


# GB/T 32918.5, A.2: the same for SM2.
_PUBLISHED = sm2_times(0x3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8)
assert sm2_verifies(
    _PUBLISHED,
    sm2_digest(_PUBLISHED, b"message digest"),
    0xF5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3,
    0xB1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA,
)


def _kdf(seed, length):
    made = b"".join(sm3(seed + n.to_bytes(4, "big")) for n in range(1, length // 32 + 2))
    return made[:length]


def sm2_encrypt(point, plaintext):
    """C1, C3 and C2 as the ASN.1 sequence of GM/T 0009: x, y, hash, ciphertext."""
    k = sm2_private()
    c1, shared = sm2_times(k), sm2_times(k, point)
    x2, y2 = map(_32, shared)
    c2 = bytes(a ^ b for a, b in zip(plaintext, _kdf(x2 + y2, len(plaintext)), strict=True))
    c3 = sm3(x2 + plaintext + y2)
    body = der_integer(c1[0]) + der_integer(c1[1]) + _der(4, c3) + _der(4, c2)
    return _der(0x30, body)


def _der(tag, content):
    length = len(content)
    if length < 128:
        return bytes([tag, length]) + content
    size = (length.bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + length.to_bytes(size, "big") + content


def der_integer(number):
    return _der(2, number.to_bytes(number.bit_length() // 8 + 1, "big"))
