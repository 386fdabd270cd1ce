"""Writes the known answers of `src/known_answers/`: keys, signatures, ciphertexts and shared
secrets made by other implementations than the one that the service uses.

Run by hand, with the Python package `cryptography` (50 or later, on OpenSSL 4), the command
`openssl` (3.0 or later, for SM2) and the JSON of Wycheproof's ML-KEM-512 tests, a size that
`cryptography` does not have:

    python crates/crypto/tests/known_answers.py PATH/TO/mlkem_512_test.json

Ed25519ph and ECDH on the SM2 curve are computed here from their definitions, since neither of the
two has them. Every run makes new keys, so the files change as a whole or not at all. The keys are
published by being here, and protect nothing.
"""

import hashlib
import hmac
import json
import pathlib
import secrets
import subprocess
import sys
import tempfile

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import (
    ec,
    ed25519,
    mldsa,
    mlkem,
    padding,
    rsa,
    utils,
)

FOLDER = pathlib.Path(__file__).parent.parent / "src" / "known_answers"
MESSAGE = b"Known answers are asked before an algorithm is used for the first time."
SHA = {256: hashes.SHA256(), 384: hashes.SHA384(), 512: hashes.SHA512()}


def pkcs8(key):
    return key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def spki(key):
    return key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def digest(bits):
    return hashlib.new(f"sha{bits}", MESSAGE).digest()


def signed(algorithm, message_type, message, signature, deterministic=False):
    return {
        "algorithm": algorithm,
        "message_type": message_type,
        "message": message.hex(),
        "signature": signature.hex(),
        "deterministic": deterministic,
    }


def write(spec, private_key, public_key=None, **answers):
    file = {"private_key": private_key.hex()}
    if public_key is not None:
        file["public_key"] = public_key.hex()
    file.update(answers)
    (FOLDER / f"{spec}.json").write_text(json.dumps(file, indent=1) + "\n")


def hmac_keys():
    for bits in (224, 256, 384, 512):
        key = secrets.token_bytes(bits // 8)
        mac = hmac.new(key, MESSAGE, f"sha{bits}").digest()
        write(f"HMAC_{bits}", key, macs=[{"message": MESSAGE.hex(), "mac": mac.hex()}])


def rsa_keys():
    for size in (2048, 3072, 4096):
        key = rsa.generate_private_key(65537, size)
        signatures = []
        for bits, sha in SHA.items():
            pkcs1 = padding.PKCS1v15()
            pss = padding.PSS(padding.MGF1(sha), salt_length=bits // 8)
            prehashed = utils.Prehashed(sha)
            name = f"RSASSA_PKCS1_V1_5_SHA_{bits}"
            signatures.append(signed(name, "RAW", MESSAGE, key.sign(MESSAGE, pkcs1, sha), True))
            signatures.append(
                signed(name, "DIGEST", digest(bits), key.sign(digest(bits), pkcs1, prehashed), True)
            )
            name = f"RSASSA_PSS_SHA_{bits}"
            signatures.append(signed(name, "RAW", MESSAGE, key.sign(MESSAGE, pss, sha)))
            signatures.append(
                signed(name, "DIGEST", digest(bits), key.sign(digest(bits), pss, prehashed))
            )
        ciphertexts = []
        for name, sha in (("SHA_1", hashes.SHA1()), ("SHA_256", hashes.SHA256())):
            oaep = padding.OAEP(padding.MGF1(sha), sha, None)
            longest = size // 8 - 2 * sha.digest_size - 2
            for plaintext in (MESSAGE, secrets.token_bytes(longest)):
                ciphertexts.append(
                    {
                        "algorithm": f"RSAES_OAEP_{name}",
                        "plaintext": plaintext.hex(),
                        "ciphertext": key.public_key().encrypt(plaintext, oaep).hex(),
                    }
                )
        write(
            f"RSA_{size}",
            pkcs8(key),
            spki(key.public_key()),
            signatures=signatures,
            ciphertexts=ciphertexts,
        )


def curve_keys():
    for spec, curve, bits in (
        ("ECC_NIST_P256", ec.SECP256R1(), 256),
        ("ECC_NIST_P384", ec.SECP384R1(), 384),
        ("ECC_NIST_P521", ec.SECP521R1(), 512),
        ("ECC_SECG_P256K1", ec.SECP256K1(), 256),
    ):
        key = ec.generate_private_key(curve)
        sha, name = SHA[bits], f"ECDSA_SHA_{bits}"
        prehashed = ec.ECDSA(utils.Prehashed(sha))
        answers = {
            "signatures": [
                signed(name, "RAW", MESSAGE, key.sign(MESSAGE, ec.ECDSA(sha))),
                signed(name, "DIGEST", digest(bits), key.sign(digest(bits), prehashed)),
            ]
        }
        if spec != "ECC_SECG_P256K1":
            peer = ec.generate_private_key(curve).public_key()
            secret = key.exchange(ec.ECDH(), peer)
            answers["agreements"] = [{"peer": spki(peer).hex(), "secret": secret.hex()}]
        write(spec, pkcs8(key), spki(key.public_key()), **answers)


class Ed25519:
    """RFC 8032, sections 5.1.3 to 5.1.6, in its own words."""

    p = 2**255 - 19
    order = 2**252 + 27742317777372353535851937790883648493
    d = -121665 * pow(121666, -1, p) % p

    @classmethod
    def add(cls, a, b):
        (x1, y1), (x2, y2) = a, b
        t = cls.d * x1 * x2 * y1 * y2 % cls.p
        x = (x1 * y2 + x2 * y1) * pow(1 + t, -1, cls.p) % cls.p
        y = (y1 * y2 + x1 * x2) * pow(1 - t, -1, cls.p) % cls.p
        return x, y

    @classmethod
    def multiply(cls, number, point):
        result = (0, 1)
        while number:
            if number & 1:
                result = cls.add(result, point)
            point, number = cls.add(point, point), number >> 1
        return result

    @classmethod
    def base(cls):
        y = 4 * pow(5, -1, cls.p) % cls.p
        square = (y * y - 1) * pow(cls.d * y * y + 1, -1, cls.p) % cls.p
        x = pow(square, (cls.p + 3) // 8, cls.p)
        if x * x % cls.p != square:
            x = x * pow(2, (cls.p - 1) // 4, cls.p) % cls.p
        return (x if x % 2 == 0 else cls.p - x), y

    @staticmethod
    def encode(point):
        x, y = point
        return (y | (x & 1) << 255).to_bytes(32, "little")

    @classmethod
    def sign_prehashed(cls, seed, message):
        """Ed25519ph with an empty context."""
        dom2 = b"SigEd25519 no Ed25519 collisions" + bytes([1, 0])
        expanded = hashlib.sha512(seed).digest()
        scalar = int.from_bytes(expanded[:32], "little") & (2**254 - 8) | 2**254
        public = cls.encode(cls.multiply(scalar, cls.base()))
        hashed = hashlib.sha512(message).digest()

        def number(*parts):
            joined = hashlib.sha512(dom2 + b"".join(parts)).digest()
            return int.from_bytes(joined, "little") % cls.order

        nonce = number(expanded[32:], hashed)
        point = cls.encode(cls.multiply(nonce, cls.base()))
        proof = (nonce + number(point, public, hashed) * scalar) % cls.order
        return point + proof.to_bytes(32, "little")


def edwards_key():
    seed = bytes.fromhex("833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42")
    expected = "98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae41"
    assert Ed25519.sign_prehashed(seed, b"abc").hex().startswith(expected), "RFC 8032, 7.3"

    key = ed25519.Ed25519PrivateKey.generate()
    # The 64 bytes that a caller hands in as a digest are the message of Ed25519ph.
    prehashed = Ed25519.sign_prehashed(key.private_bytes_raw(), digest(512))
    write(
        "ECC_NIST_EDWARDS25519",
        pkcs8(key),
        spki(key.public_key()),
        signatures=[
            signed("ED25519_SHA_512", "RAW", MESSAGE, key.sign(MESSAGE), True),
            signed("ED25519_PH_SHA_512", "DIGEST", digest(512), prehashed, True),
        ],
    )


def ml_dsa_keys():
    for size in (44, 65, 87):
        key = getattr(mldsa, f"MLDSA{size}PrivateKey").generate()
        public = key.public_key().public_bytes_raw()
        mu = hashlib.shake_256(hashlib.shake_256(public).digest(64) + bytes(2) + MESSAGE).digest(64)
        write(
            f"ML_DSA_{size}",
            pkcs8(key),
            spki(key.public_key()),
            signatures=[
                signed("ML_DSA_SHAKE_256", "RAW", MESSAGE, key.sign(MESSAGE)),
                signed("ML_DSA_SHAKE_256", "EXTERNAL_MU", mu, key.sign_mu(mu)),
            ],
        )


def ml_kem_keys(wycheproof):
    def encapsulated(ciphertext, secret):
        return [{"ciphertext": ciphertext.hex(), "secret": secret.hex()}]

    groups = json.loads(pathlib.Path(wycheproof).read_text())["testGroups"]
    test = next(test for group in groups for test in group["tests"] if test["result"] == "valid")
    seed, public, ciphertext, secret = (bytes.fromhex(test[name]) for name in ("seed", "ek", "c", "K"))
    algorithm = bytes.fromhex("300b0609608648016503040401")
    write(
        "ML_KEM_512",
        bytes.fromhex("3054020100") + algorithm + bytes.fromhex("04428040") + seed,
        bytes.fromhex("30820332") + algorithm + bytes.fromhex("0382032100") + public,
        encapsulations=encapsulated(ciphertext, secret),
    )
    for size in (768, 1024):
        key = getattr(mlkem, f"MLKEM{size}PrivateKey").generate()
        secret, ciphertext = key.public_key().encapsulate()
        write(
            f"ML_KEM_{size}",
            pkcs8(key),
            spki(key.public_key()),
            encapsulations=encapsulated(ciphertext, secret),
        )


class Sm2:
    """The curve of GB/T 32918.5."""

    p = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
    a = p - 3
    b = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
    g = (
        0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
        0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
    )

    @classmethod
    def add(cls, first, second):
        if first is None or second is None:
            return first or second
        (x1, y1), (x2, y2) = first, second
        if x1 == x2 and (y1 + y2) % cls.p == 0:
            return None
        if first == second:
            slope = (3 * x1 * x1 + cls.a) * pow(2 * y1, -1, cls.p)
        else:
            slope = (y2 - y1) * pow(x2 - x1, -1, cls.p)
        x = (slope * slope - x1 - x2) % cls.p
        return x, (slope * (x1 - x) - y1) % cls.p

    @classmethod
    def multiply(cls, number, point):
        result = None
        while number:
            if number & 1:
                result = cls.add(result, point)
            point, number = cls.add(point, point), number >> 1
        return result


def sm2_key():
    with tempfile.TemporaryDirectory() as folder:

        def openssl(*arguments, given=None):
            command = ["openssl", *arguments]
            return subprocess.run(
                command, input=given, cwd=folder, check=True, capture_output=True
            ).stdout

        def in_file(name, content):
            (pathlib.Path(folder) / name).write_bytes(content)

        def pair(name):
            pem = openssl("genpkey", "-algorithm", "SM2")
            in_file(f"{name}.pem", pem)
            public = openssl("pkey", "-in", f"{name}.pem", "-pubout", "-outform", "DER")
            in_file(f"{name}.pub", public)
            private = openssl("pkcs8", "-topk8", "-nocrypt", "-in", f"{name}.pem", "-outform", "DER")
            return private, public

        def point(public):
            return int.from_bytes(public[-64:-32]), int.from_bytes(public[-32:])

        private, public = pair("key")
        # PKCS#8 of this curve has the scalar at the same place as that of P-256.
        scalar = int.from_bytes(private[36:68])
        assert Sm2.multiply(scalar, Sm2.g) == point(public)
        _, peer = pair("peer")
        secret = Sm2.multiply(scalar, point(peer))[0].to_bytes(32)

        in_file("message", MESSAGE)
        signature = openssl(
            "dgst", "-sm3", "-sign", "key.pem", "-sigopt", "distid:1234567812345678", "message"
        )
        identity = bytes([0, 128]) + b"1234567812345678"
        numbers = (Sm2.a, Sm2.b, *Sm2.g, *point(public))
        z = openssl(
            "dgst",
            "-sm3",
            "-binary",
            given=identity + b"".join(number.to_bytes(32) for number in numbers),
        )
        hashed = openssl("dgst", "-sm3", "-binary", given=z + MESSAGE)
        ciphertext = openssl(
            "pkeyutl", "-encrypt", "-pubin", "-keyform", "DER", "-inkey", "key.pub",
            "-in", "message", "-pkeyopt", "digest:sm3",
        )  # fmt: skip
        write(
            "SM2",
            private,
            public,
            signatures=[
                signed("SM2DSA", "RAW", MESSAGE, signature),
                signed("SM2DSA", "DIGEST", hashed, signature),
            ],
            ciphertexts=[
                {
                    "algorithm": "SM2PKE",
                    "plaintext": MESSAGE.hex(),
                    "ciphertext": ciphertext.hex(),
                }
            ],
            agreements=[{"peer": peer.hex(), "secret": secret.hex()}],
        )


def main():
    FOLDER.mkdir(exist_ok=True)
    hmac_keys()
    rsa_keys()
    curve_keys()
    edwards_key()
    ml_dsa_keys()
    ml_kem_keys(sys.argv[1])
    sm2_key()


if __name__ == "__main__":
    main()
