"""Writes `vectors/foreign-keys-v1.json`: private keys as they may come in from outside, each named
by what is special or wrong about it, and what a good one becomes.

Run by hand, with the Python package `cryptography` (50 or later) and the command `openssl` (3.0
or later). Every run makes new keys. The keys are published by being here, and protect nothing.
"""

import json
import math
import pathlib
import subprocess

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, rsa, x25519

FILE = pathlib.Path(__file__).parent / "vectors" / "foreign-keys-v1.json"

INTEGER, BITS, OCTETS, SEQUENCE = 0x02, 0x03, 0x04, 0x30


def der(tag, *parts):
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        length = bytes([size])
    elif size < 0x100:
        length = bytes([0x81, size])
    else:
        length = bytes([0x82, size >> 8, size & 0xFF])
    return bytes([tag]) + length + content


def number(value):
    return der(INTEGER, value.to_bytes(value.bit_length() // 8 + 1))


def private_key_info(algorithm, key, version=0, more=b""):
    return der(SEQUENCE, number(version), algorithm, der(OCTETS, key), more)


def pkcs8(key, encryption=serialization.NoEncryption()):
    return key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, encryption
    )


def openssl(*arguments, given=None):
    return subprocess.run(
        ["openssl", *arguments], input=given, check=True, capture_output=True
    ).stdout


CURVES = {
    "ECC_NIST_P256": (
        ec.SECP256R1(),
        "06082a8648ce3d030107",
        0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    ),
    "ECC_NIST_P384": (
        ec.SECP384R1(),
        "06052b81040022",
        0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
    ),
    "ECC_NIST_P521": (
        ec.SECP521R1(),
        "06052b81040023",
        2**521 - 0x5AE79787C40D069948033FEB708F65A2FC44A36477663B851449048E16EC79BF7,
    ),
    "ECC_SECG_P256K1": (
        ec.SECP256K1(),
        "06052b8104000a",
        0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141,
    ),
}
EC_PUBLIC_KEY = bytes.fromhex("06072a8648ce3d0201")


def curve_keys(accepted, refused):
    for spec, (curve, oid, order) in CURVES.items():
        oid = bytes.fromhex(oid)
        size = (order.bit_length() + 7) // 8
        key, other = ec.generate_private_key(curve), ec.generate_private_key(curve)
        scalar = key.private_numbers().private_value
        algorithm = der(SEQUENCE, EC_PUBLIC_KEY, oid)

        def point(key, compressed=False):
            form = "CompressedPoint" if compressed else "UncompressedPoint"
            return key.public_key().public_bytes(
                serialization.Encoding.X962, getattr(serialization.PublicFormat, form)
            )

        uncompressed, compressed = point(key), point(key, True)
        hybrid = bytes([compressed[0] + 4]) + uncompressed[1:]

        def with_point(point):
            return der(0xA1, der(BITS, b"\0", point))

        def ec_key(value=scalar, more=b"", width=size):
            return der(SEQUENCE, number(1), der(OCTETS, value.to_bytes(width)), more)

        def info(key, **members):
            return private_key_info(algorithm, key, **members)

        good = pkcs8(key)
        assert good == info(ec_key(more=with_point(uncompressed)))
        for what, form in (
            ("as OpenSSL writes it", good),
            ("without its public point", info(ec_key())),
            ("with a compressed point", info(ec_key(more=with_point(compressed)))),
            ("with a hybrid point", info(ec_key(more=with_point(hybrid)))),
            (
                "with the curve's name repeated",
                info(ec_key(more=der(0xA0, oid) + with_point(uncompressed))),
            ),
            ("with attributes", info(ec_key(), more=der(0xA0))),
        ):
            accepted.append((spec, what, form, good))

        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        explicit = openssl(
            "pkcs8", "-topk8", "-nocrypt", "-outform", "DER",
            given=openssl("ec", "-param_enc", "explicit", given=pem),
        )  # fmt: skip
        sec1 = key.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
        swapped = bytes([uncompressed[0]]) + uncompressed[1:-1] + bytes([uncompressed[-1] ^ 1])
        bad_hybrid = bytes([hybrid[0] ^ 1]) + hybrid[1:]
        for what, form in (
            ("with explicit parameters", explicit),
            ("with the scalar zero", info(ec_key(0))),
            ("with the order as scalar", info(ec_key(order))),
            ("with a scalar above the order", info(ec_key(order + 1))),
            ("with the point of another key", info(ec_key(more=with_point(point(other))))),
            ("with a point off the curve", info(ec_key(more=with_point(swapped)))),
            ("with the point at infinity", info(ec_key(more=with_point(b"\0")))),
            ("with a hybrid point of the wrong sign", info(ec_key(more=with_point(bad_hybrid)))),
            (
                "with another curve's name repeated",
                info(ec_key(more=der(0xA0, bytes.fromhex("06052b81040021")))),
            ),
            ("with a byte after it", good + b"\0"),
            ("with a byte inside it", info(ec_key() + b"\0")),
            ("in version 2 with the point outside", info(ec_key(), version=1, more=der(0x81, b"\0", uncompressed))),
            ("in RFC 5915 form alone", sec1),
            ("encrypted", pkcs8(key, serialization.BestAvailableEncryption(b"password"))),
            ("without its last byte", good[:-1]),
            ("of another curve", pkcs8(ec.generate_private_key(ec.SECP224R1()))),
        ):
            refused.append((spec, what, form))


RSA_ENCRYPTION = bytes.fromhex("300d06092a864886f70d0101010500")


def rsa_info(n, e, d, p, q, version=0, algorithm=RSA_ENCRYPTION, more=b"", residues=None):
    dp, dq, qi = residues or (d % (p - 1), d % (q - 1), pow(q, -1, p))
    numbers = (version, n, e, d, p, q, dp, dq, qi)
    key = der(SEQUENCE, *(number(value) for value in numbers), more)
    return private_key_info(algorithm, key)


def primes(bits, count=2):
    found = []
    while len(found) < count:
        numbers = rsa.generate_private_key(65537, bits).private_numbers()
        found.extend((numbers.p, numbers.q))
    return found[:count]


def rsa_keys(accepted, refused):
    for size in (2048, 3072, 4096):
        spec = f"RSA_{size}"
        key = rsa.generate_private_key(65537, size)
        numbers = key.private_numbers()
        n, e, d, p, q = numbers.public_numbers.n, 65537, numbers.d, numbers.p, numbers.q
        good = pkcs8(key)
        assert good == rsa_info(n, e, d, p, q)
        accepted.append((spec, "as OpenSSL writes it", good, good))
        if size != 2048:
            refused.append((spec, "of 2048 bits", pkcs8(rsa.generate_private_key(65537, 2048))))
            continue
        accepted.append((spec, "with the exponent 3", *[pkcs8(rsa.generate_private_key(3, size))] * 2))

        a, b = primes(2040)
        short = a * b
        while True:
            # A number of the size of the prime that it stands for, made of two.
            first, second = primes(1024)
            composite = first * second
            if composite.bit_length() == 1024 and math.gcd(composite - 1, e) == 1:
                if (composite * q).bit_length() == 2048:
                    break
        wrong = composite * q
        wrong_d = pow(e, -1, math.lcm(composite - 1, q - 1))
        residues = (d % (p - 1), d % (q - 1), pow(q, -1, p))
        three = openssl("genrsa", "-primes", "3", "2048")
        three = openssl("pkcs8", "-topk8", "-nocrypt", "-outform", "DER", given=three)
        pss = openssl(
            "genpkey", "-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048", "-outform", "DER"
        )
        for what, form in (
            ("of 1024 bits", pkcs8(rsa.generate_private_key(65537, 1024))),
            ("of 3072 bits", pkcs8(rsa.generate_private_key(65537, 3072))),
            ("of 2040 bits", rsa_info(short, e, pow(e, -1, math.lcm(a - 1, b - 1)), a, b)),
            ("with three primes", three),
            ("with a modulus that is not the product", rsa_info(n + 2, e, d, p, q)),
            ("with a factor that is no prime", rsa_info(wrong, e, wrong_d, composite, q)),
            ("with one prime twice", rsa_info(p * p, e, pow(e, -1, p - 1), p, p, residues=(d % (p - 1), d % (p - 1), 1))),
            ("with an exponent that does not fit", rsa_info(n, e, d + 2, p, q)),
            ("with the exponent 1", rsa_info(n, 1, 1, p, q)),
            ("with an even exponent", rsa_info(n, 65536, d, p, q)),
            ("with a residue that does not fit", rsa_info(n, e, d, p, q, residues=(residues[0] + 2, *residues[1:]))),
            ("with a coefficient that does not fit", rsa_info(n, e, d, p, q, residues=(*residues[:2], residues[2] + 1))),
            ("without primes", rsa_info(n, e, d, 0, 0, residues=(0, 0, 0))),
            ("in version 1 of two primes", rsa_info(n, e, d, p, q, version=1)),
            ("for PSS alone", pss),
            ("without NULL", rsa_info(n, e, d, p, q, algorithm=bytes.fromhex("300b06092a864886f70d010101"))),
            ("with a byte after it", good + b"\0"),
            ("with a byte inside it", rsa_info(n, e, d, p, q, more=b"\0")),
            ("encrypted", pkcs8(key, serialization.BestAvailableEncryption(b"password"))),
            ("in PKCS#1 form alone", key.private_bytes(
                serialization.Encoding.DER,
                serialization.PrivateFormat.TraditionalOpenSSL,
                serialization.NoEncryption(),
            )),
        ):  # fmt: skip
            refused.append((spec, what, form))


def other_keys(accepted, refused):
    spec, algorithm = "ECC_NIST_EDWARDS25519", bytes.fromhex("300506032b6570")
    key = ed25519.Ed25519PrivateKey.generate()
    seed, public = key.private_bytes_raw(), key.public_key().public_bytes_raw()
    inner = der(OCTETS, seed)
    good = pkcs8(key)
    assert good == private_key_info(algorithm, inner)

    def version_two(public):
        return private_key_info(algorithm, inner, version=1, more=der(0x81, b"\0", public))

    accepted.append((spec, "as OpenSSL writes it", good, good))
    accepted.append((spec, "in version 2 with its public key", version_two(public), good))
    for what, form in (
        ("in version 2 with another public key", version_two(bytes(32))),
        ("with a seed of 31 bytes", private_key_info(algorithm, der(OCTETS, seed[:31]))),
        ("with a seed of 33 bytes", private_key_info(algorithm, der(OCTETS, seed + b"\0"))),
        ("with a bare seed", private_key_info(algorithm, seed)),
        ("of X25519", pkcs8(x25519.X25519PrivateKey.generate())),
        ("with a byte after it", good + b"\0"),
        ("encrypted", pkcs8(key, serialization.BestAvailableEncryption(b"password"))),
    ):
        refused.append((spec, what, form))

    spec, algorithm = "ML_DSA_65", bytes.fromhex("300b0609608648016503040312")
    key = mldsa.MLDSA65PrivateKey.generate()
    seed = key.private_bytes_raw()
    good = pkcs8(key)
    assert good == private_key_info(algorithm, der(0x80, seed))
    accepted.append((spec, "as its seed", good, good))
    for what, form in (
        ("of another size", pkcs8(mldsa.MLDSA44PrivateKey.generate())),
        ("with a seed of 31 bytes", private_key_info(algorithm, der(0x80, seed[:31]))),
        ("in expanded form", private_key_info(algorithm, der(OCTETS, bytes(4032)))),
        ("with a byte after it", good + b"\0"),
    ):
        refused.append((spec, what, form))

    sm2 = openssl("genpkey", "-algorithm", "SM2", "-outform", "DER")
    good = openssl("pkcs8", "-topk8", "-nocrypt", "-inform", "DER", "-outform", "DER", given=sm2)
    algorithm = good[6:27]
    assert algorithm == bytes.fromhex("301306072a8648ce3d020106082a811ccf5501822d")
    scalar, point = good[36:68], good[-65:]
    order = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123

    def sm2_info(scalar, more=b""):
        return private_key_info(algorithm, der(SEQUENCE, number(1), der(OCTETS, scalar), more))

    compressed = bytes([2 + (point[-1] & 1)]) + point[1:33]
    moved = point[:-1] + bytes([point[-1] ^ 1])
    for what, form in (
        ("as OpenSSL writes it", good),
        ("without its public point", sm2_info(scalar)),
        ("with a compressed point", sm2_info(scalar, der(0xA1, der(BITS, b"\0", compressed)))),
    ):
        accepted.append(("SM2", what, form, good))
    for what, form in (
        ("with the scalar zero", sm2_info(bytes(32))),
        ("with the order as scalar", sm2_info(order.to_bytes(32))),
        ("with the order less one as scalar", sm2_info((order - 1).to_bytes(32))),
        ("with a short scalar", sm2_info(scalar[:31])),
        ("with a point off the curve", sm2_info(scalar, der(0xA1, der(BITS, b"\0", moved)))),
        ("of P-256", pkcs8(ec.generate_private_key(ec.SECP256R1()))),
        ("with a byte after it", good + b"\0"),
    ):
        refused.append(("SM2", what, form))


def main():
    accepted, refused = [], []
    curve_keys(accepted, refused)
    rsa_keys(accepted, refused)
    other_keys(accepted, refused)
    file = {
        "accepted": [
            {"spec": spec, "what": what, "given": given.hex(), "stored": stored.hex()}
            for spec, what, given, stored in accepted
        ],
        "refused": [
            {"spec": spec, "what": what, "given": given.hex()} for spec, what, given in refused
        ],
    }
    FILE.write_text(json.dumps(file, indent=1) + "\n")


if __name__ == "__main__":
    main()
