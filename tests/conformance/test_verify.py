"""Verify (operations.md §3.6, §5.2). What is signed elsewhere verifies here, with keys of a seed."""

import base64
import hashlib

import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, padding, rsa, utils
from key_specs import (
    EC,
    HASHES,
    SIGNING,
    at_home,
    digest,
    digest_bytes,
    pkcs8,
    rsa_padding,
    spki,
    the_key,
)
from support import (
    ACCOUNT,
    DRY_RUN,
    USAGES,
    AnyKeyReference,
    DryRun,
    GrantTokens,
    KeyStates,
    KeyUsage,
    Server,
    at_least,
    at_most,
    bad,
    body_of,
    hidden,
    hidden_null,
    invalid,
    null,
    one_of_shape,
    refused,
)
from test_sign import STATES

ECDSA = {"SigningAlgorithm": "ECDSA_SHA_256"}


class TestVerify(AnyKeyReference, KeyStates, KeyUsage, DryRun, GrantTokens):
    states, usage, kind = STATES, "SIGN_VERIFY", USAGES["SIGN_VERIFY"]

    def prepare(self, kms, key):
        return kms.sign(KeyId=key.id, Message=b"x", **ECDSA)["Signature"]

    def prepare_without_material(self, kms, key):
        return b"s"

    def call(self, kms, key, given, **more):
        answer = kms.verify(KeyId=key, Message=b"x", Signature=given, **ECDSA, **more)
        assert answer["SignatureValid"] is True


@pytest.mark.parametrize(("spec", "algorithm"), SIGNING)
def test_what_was_signed_verifies_and_nothing_else_does(kms, spec, algorithm):
    kms = at_home(kms, spec)
    key = the_key(kms, spec, "SIGN_VERIFY")
    more = {"KeyId": key.id, "SigningAlgorithm": algorithm}
    if algorithm == "ED25519_PH_SHA_512":
        more["MessageType"] = "DIGEST"
    message = b"m" * 64
    signature = kms.sign(Message=message, **more)["Signature"]
    assert body_of(kms.verify(Message=message, Signature=signature, **more)) == {
        "KeyId": key.arn,
        "SignatureValid": True,
        "SigningAlgorithm": algorithm,
    }
    changed = bytearray(signature)
    changed[len(changed) // 2] ^= 1
    wrong = [
        (b"n" * 64, signature),
        (message, bytes(changed)),
        # Whatever its length, what is no signature is a wrong one.
        (message, signature[:-1]),
        (message, signature + b"\x00"),
        (message, b"s"),
        (message, bytes(len(signature))),
        (message, b"s" * 6144),
    ]
    for message, signature in wrong:
        with refused("KMSInvalidSignatureException", None):
            kms.verify(Message=message, Signature=signature, **more)


def test_a_signature_of_another_key_or_algorithm_is_wrong(kms):
    key = the_key(kms, "RSA_2048", "SIGN_VERIFY")
    other = kms.key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    sign = {"Message": b"x", "SigningAlgorithm": "RSASSA_PSS_SHA_256"}
    signature = kms.sign(KeyId=key.id, **sign)["Signature"]
    with refused("KMSInvalidSignatureException", None):
        kms.verify(KeyId=other.id, Signature=signature, **sign)
    for algorithm in ("RSASSA_PSS_SHA_384", "RSASSA_PKCS1_V1_5_SHA_256"):
        with refused("KMSInvalidSignatureException", None):
            kms.verify(
                KeyId=key.id, Message=b"x", Signature=signature, SigningAlgorithm=algorithm
            )


@pytest.mark.parametrize(
    ("spec", "algorithm"),
    [pair for pair in SIGNING if digest_bytes(pair[1]) and pair[1] not in ("SM2DSA", "ED25519_PH_SHA_512")],
)
def test_the_message_type_may_differ_when_the_digest_does_not(kms, spec, algorithm):
    key = the_key(kms, spec, "SIGN_VERIFY")
    more = {"KeyId": key.id, "SigningAlgorithm": algorithm}
    hashed = digest(algorithm, b"message")
    raw = kms.sign(Message=b"message", **more)["Signature"]
    assert kms.verify(Message=hashed, MessageType="DIGEST", Signature=raw, **more)
    prehashed = kms.sign(Message=hashed, MessageType="DIGEST", **more)["Signature"]
    assert kms.verify(Message=b"message", Signature=prehashed, **more)
    with refused("KMSInvalidSignatureException", None):
        kms.verify(Message=hashed, Signature=prehashed, **more)


def test_a_dry_run_tells_of_a_wrong_signature(kms):
    key = kms.key(**USAGES["SIGN_VERIFY"])
    signature = kms.sign(KeyId=key.id, Message=b"x", **ECDSA)["Signature"]
    for message, code, text in (
        (b"x", "DryRunOperationException", DRY_RUN),
        (b"y", "KMSInvalidSignatureException", None),
    ):
        with refused(code, text):
            kms.verify(KeyId=key.id, Message=message, Signature=signature, DryRun=True, **ECDSA)


def test_rules_of_algorithms_and_messages_come_before_the_signature(kms):
    key = kms.key(**USAGES["SIGN_VERIFY"])
    call = {"KeyId": key.id, "Message": b"x", "Signature": b"s"}
    with refused(
        "InvalidKeyUsageException",
        "Algorithm ECDSA_SHA_384 is incompatible with key spec ECC_NIST_P256.",
    ):
        kms.verify(SigningAlgorithm="ECDSA_SHA_384", MessageType="DIGEST", **call)
    with refused("ValidationException", "Digest is invalid length for algorithm ECDSA_SHA_256."):
        kms.verify(MessageType="DIGEST", **call, **ECDSA)
    with refused(
        "ValidationException",
        "Message type EXTERNAL_MU is incompatible with algorithm ECDSA_SHA_256.",
    ):
        kms.verify(MessageType="EXTERNAL_MU", **call, **ECDSA)


def test_the_constraints_of_the_parameters(kms):
    key = kms.key(**USAGES["SIGN_VERIFY"]).id
    with invalid(
        null("keyId"), hidden_null("message"), null("signature"), null("signingAlgorithm")
    ):
        kms.verify()
    call = {"KeyId": key, "Message": b"x", **ECDSA}
    with invalid(hidden("signature", at_least(1))):
        kms.verify(Signature=b"", **call)
    with invalid(hidden("signature", at_most(6144))):
        kms.verify(Signature=b"s" * 6145, **call)
    with invalid(
        hidden("message", at_most(4096)),
        bad("signingAlgorithm", "ROT13", one_of_shape("SigningAlgorithmSpec")),
    ):
        kms.verify(KeyId=key, Message=b"m" * 4097, Signature=b"s", SigningAlgorithm="ROT13")


def private_keys():
    """A private key of every spec that the other library knows, and how it signs."""

    def rsa_sign(key, algorithm, message):
        return key.sign(message, rsa_padding(algorithm), HASHES[algorithm.rsplit("_", 1)[1]])

    def ec_sign(key, algorithm, message):
        return key.sign(message, ec.ECDSA(HASHES[algorithm.rsplit("_", 1)[1]]))

    def plain_sign(key, algorithm, message):
        return key.sign(message)

    for bits in (2048, 3072, 4096):
        yield f"RSA_{bits}", rsa.generate_private_key(65537, bits), rsa_sign
    for spec, curve in EC.items():
        yield spec, ec.generate_private_key(curve), ec_sign
    yield "ECC_NIST_EDWARDS25519", ed25519.Ed25519PrivateKey.generate(), plain_sign
    for spec, kind in (
        ("ML_DSA_44", mldsa.MLDSA44PrivateKey),
        ("ML_DSA_65", mldsa.MLDSA65PrivateKey),
        ("ML_DSA_87", mldsa.MLDSA87PrivateKey),
    ):
        yield spec, kind.generate(), plain_sign


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """A server whose signing keys were made by the other library."""
    folder = tmp_path_factory.mktemp("planted")
    keys, made = [], {}
    for number, (spec, private, sign) in enumerate(private_keys()):
        made[spec] = (private, sign)
        keys.append({
            "id": f"00000000-0000-4000-8000-{number:012x}",
            "key_spec": spec,
            "key_usage": "SIGN_VERIFY",
            "key_material": [base64.b64encode(pkcs8(private)).decode()],
            "aliases": [f"alias/{spec}"],
        })  # fmt: skip
    file = folder / "seed.yaml"
    file.write_text(
        yaml.safe_dump({"accounts": {ACCOUNT: {"regions": {"us-east-1": {"keys": keys}}}}})
    )
    with Server.dev(folder / "data", "--seed", file) as server:
        yield server.service(), made


@pytest.mark.parametrize(
    ("spec", "algorithm"),
    [pair for pair in SIGNING if pair[1] not in ("SM2DSA", "ED25519_PH_SHA_512")],
)
def test_what_was_signed_elsewhere_verifies_here(planted, spec, algorithm):
    kms, made = planted
    private, sign = made[spec]
    key = f"alias/{spec}"
    assert kms.get_public_key(KeyId=key)["PublicKey"] == spki(private.public_key())
    call = {"KeyId": key, "Message": b"from elsewhere", "SigningAlgorithm": algorithm}
    signature = sign(private, algorithm, b"from elsewhere")
    assert kms.verify(Signature=signature, **call)["SignatureValid"] is True
    with refused("KMSInvalidSignatureException", None):
        kms.verify(Signature=sign(private, algorithm, b"something else"), **call)


def test_a_pss_salt_of_another_length_is_no_signature_of_kms(planted):
    kms, made = planted
    private, _ = made["RSA_2048"]
    kind = HASHES["256"]
    signature = private.sign(
        b"x", padding.PSS(mgf=padding.MGF1(kind), salt_length=padding.PSS.MAX_LENGTH), kind
    )
    with refused("KMSInvalidSignatureException", None):
        kms.verify(
            KeyId="alias/RSA_2048", Message=b"x", Signature=signature,
            SigningAlgorithm="RSASSA_PSS_SHA_256",
        )  # fmt: skip


def test_a_signature_over_a_mu_made_elsewhere(planted):
    kms, made = planted
    private, _ = made["ML_DSA_65"]
    tr = hashlib.shake_256(private.public_key().public_bytes_raw()).digest(64)
    mu = hashlib.shake_256(tr + b"\x00\x00" + b"message").digest(64)
    call = {"KeyId": "alias/ML_DSA_65", "SigningAlgorithm": "ML_DSA_SHAKE_256"}
    for signature in (private.sign(b"message"), private.sign_mu(mu)):
        assert kms.verify(Message=b"message", Signature=signature, **call)
        assert kms.verify(Message=mu, MessageType="EXTERNAL_MU", Signature=signature, **call)
    # A signature with a context is another message's.
    with refused("KMSInvalidSignatureException", None):
        kms.verify(Message=b"message", Signature=private.sign(b"message", b"context"), **call)


def test_an_ecdsa_signature_is_der_and_nothing_else(planted):
    kms, made = planted
    private, sign = made["ECC_NIST_P256"]
    signature = sign(private, "ECDSA_SHA_256", b"x")
    r, s = utils.decode_dss_signature(signature)
    call = {"KeyId": "alias/ECC_NIST_P256", "Message": b"x", **ECDSA}
    with refused("KMSInvalidSignatureException", None):
        kms.verify(Signature=r.to_bytes(32, "big") + s.to_bytes(32, "big"), **call)
    with refused("KMSInvalidSignatureException", None):
        kms.verify(Signature=signature + b"\x00", **call)
    # Low and high s are both signatures: nothing is normalised (§5.2).
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    for other in (s, order - s):
        assert kms.verify(Signature=utils.encode_dss_signature(r, other), **call)
