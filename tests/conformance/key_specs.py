"""Every key spec, as operations.md §5 has it, and what another library does with such keys.

The other library is Python's `cryptography`; what it lacks (Ed25519ph, SM2) is in `curves.py`.
"""

import hashlib
import hmac

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

RSA = ["RSA_2048", "RSA_3072", "RSA_4096"]
EC = {
    "ECC_NIST_P256": ec.SECP256R1(),
    "ECC_NIST_P384": ec.SECP384R1(),
    "ECC_NIST_P521": ec.SECP521R1(),
    "ECC_SECG_P256K1": ec.SECP256K1(),
}
ML_DSA = ["ML_DSA_44", "ML_DSA_65", "ML_DSA_87"]
ML_KEM = ["ML_KEM_512", "ML_KEM_768", "ML_KEM_1024"]
HMAC = {"HMAC_224": 28, "HMAC_256": 32, "HMAC_384": 48, "HMAC_512": 64}
MODULUS = {"RSA_2048": 256, "RSA_3072": 384, "RSA_4096": 512}
CIPHERTEXT = {"ML_KEM_512": 768, "ML_KEM_768": 1088, "ML_KEM_1024": 1568}
ML_DSA_SIGNATURE = {"ML_DSA_44": 2420, "ML_DSA_65": 3309, "ML_DSA_87": 4627}
SPKI = {
    "RSA_2048": 294, "RSA_3072": 422, "RSA_4096": 550,
    "ECC_NIST_P256": 91, "ECC_NIST_P384": 120, "ECC_NIST_P521": 158, "ECC_SECG_P256K1": 88,
    "ECC_NIST_EDWARDS25519": 44,
    "ML_DSA_44": 1334, "ML_DSA_65": 1974, "ML_DSA_87": 2614,
    "ML_KEM_512": 822, "ML_KEM_768": 1206, "ML_KEM_1024": 1590,
    "SM2": 91,
}  # fmt: skip
OAEP = {
    ("RSA_2048", "RSAES_OAEP_SHA_1"): 214, ("RSA_2048", "RSAES_OAEP_SHA_256"): 190,
    ("RSA_3072", "RSAES_OAEP_SHA_1"): 342, ("RSA_3072", "RSAES_OAEP_SHA_256"): 318,
    ("RSA_4096", "RSAES_OAEP_SHA_1"): 470, ("RSA_4096", "RSAES_OAEP_SHA_256"): 446,
}  # fmt: skip

_OAEP = ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"]
RSA_SIGNATURES = [
    "RSASSA_PKCS1_V1_5_SHA_256", "RSASSA_PKCS1_V1_5_SHA_384", "RSASSA_PKCS1_V1_5_SHA_512",
    "RSASSA_PSS_SHA_256", "RSASSA_PSS_SHA_384", "RSASSA_PSS_SHA_512",
]  # fmt: skip

# Each spec with its usages, and each usage with its algorithms in AWS's order.
SPECS = {
    "SYMMETRIC_DEFAULT": {"ENCRYPT_DECRYPT": ["SYMMETRIC_DEFAULT"]},
    **{spec: {"ENCRYPT_DECRYPT": _OAEP, "SIGN_VERIFY": RSA_SIGNATURES} for spec in RSA},
    "ECC_NIST_P256": {"SIGN_VERIFY": ["ECDSA_SHA_256"], "KEY_AGREEMENT": ["ECDH"]},
    "ECC_NIST_P384": {"SIGN_VERIFY": ["ECDSA_SHA_384"], "KEY_AGREEMENT": ["ECDH"]},
    "ECC_NIST_P521": {"SIGN_VERIFY": ["ECDSA_SHA_512"], "KEY_AGREEMENT": ["ECDH"]},
    "ECC_SECG_P256K1": {"SIGN_VERIFY": ["ECDSA_SHA_256"]},
    "ECC_NIST_EDWARDS25519": {"SIGN_VERIFY": ["ED25519_SHA_512", "ED25519_PH_SHA_512"]},
    **{spec: {"SIGN_VERIFY": ["ML_DSA_SHAKE_256"]} for spec in ML_DSA},
    **{spec: {"ENCAPSULATE_DECAPSULATE": ["ML_KEM"]} for spec in ML_KEM},
    **{spec: {"GENERATE_VERIFY_MAC": [spec.replace("HMAC_", "HMAC_SHA_")]} for spec in HMAC},
    "SM2": {"ENCRYPT_DECRYPT": ["SM2PKE"], "SIGN_VERIFY": ["SM2DSA"], "KEY_AGREEMENT": ["ECDH"]},
}
LISTS = {
    "ENCRYPT_DECRYPT": "EncryptionAlgorithms",
    "SIGN_VERIFY": "SigningAlgorithms",
    "GENERATE_VERIFY_MAC": "MacAlgorithms",
    "KEY_AGREEMENT": "KeyAgreementAlgorithms",
    "ENCAPSULATE_DECAPSULATE": "EncapsulationAlgorithms",
}
PAIRS = [(spec, usage) for spec, usages in SPECS.items() for usage in usages]
SIGNING = [
    (spec, algorithm)
    for spec, usages in SPECS.items()
    for algorithm in usages.get("SIGN_VERIFY", [])
]
ALL_SIGNING = sorted({algorithm for _, algorithm in SIGNING} | {"SYMMETRIC_DEFAULT"})

HASHES = {"1": hashes.SHA1(), "256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}

_MADE = {}


def at_home(kms, spec):
    """SM2 is at home in China."""
    return kms.at("cn-north-1") if spec == "SM2" else kms


def the_key(kms, spec, usage):
    """One Enabled key of that kind for the whole module: RSA keys take long to make."""
    kind = (kms.server.endpoint, kms.account, kms.region, spec, usage)
    if kind not in _MADE:
        _MADE[kind] = kms.key(KeySpec=spec, KeyUsage=usage)
    return _MADE[kind]


def public_key(kms, key):
    return serialization.load_der_public_key(kms.get_public_key(KeyId=key.id)["PublicKey"])


def digest_bytes(algorithm):
    """The length of what MessageType DIGEST takes, or None where it is refused."""
    if algorithm == "SM2DSA":
        return 32
    if algorithm in ("ED25519_SHA_512", "ML_DSA_SHAKE_256"):
        return None
    return HASHES[algorithm.rsplit("_", 1)[1]].digest_size


def digest(algorithm, message):
    return hashlib.new(f"sha{algorithm.rsplit('_', 1)[1]}", message).digest()


def verify(public, algorithm, message, signature, prehashed=False):
    """What the other library says of an RSA, ECDSA, Ed25519 or ML-DSA signature."""
    if isinstance(public, ed25519.Ed25519PublicKey) or algorithm == "ML_DSA_SHAKE_256":
        public.verify(signature, message)
        return
    kind = HASHES[algorithm.rsplit("_", 1)[1]]
    kind = utils.Prehashed(kind) if prehashed else kind
    if isinstance(public, rsa.RSAPublicKey):
        public.verify(signature, message, rsa_padding(algorithm), kind)
    else:
        public.verify(signature, message, ec.ECDSA(kind))


def verifies(*arguments, **more):
    try:
        verify(*arguments, **more)
    except InvalidSignature:
        return False
    return True


def rsa_padding(algorithm):
    if "PKCS1" in algorithm:
        return padding.PKCS1v15()
    # The salt is as long as the digest, exactly: openssl and PyJWT take no other.
    kind = HASHES[algorithm.rsplit("_", 1)[1]]
    return padding.PSS(mgf=padding.MGF1(kind), salt_length=kind.digest_size)


def oaep(algorithm):
    kind = HASHES[algorithm.rsplit("_", 1)[1]]
    return padding.OAEP(mgf=padding.MGF1(kind), algorithm=kind, label=None)


def mac(algorithm, key, message):
    return hmac.new(key, message, f"sha{algorithm.rsplit('_', 1)[1]}").digest()


def pkcs8(private):
    return private.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def spki(public):
    return public.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
