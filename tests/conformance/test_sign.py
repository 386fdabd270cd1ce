"""Sign (operations.md §3.6, §5.2, §5.3). What is signed here verifies elsewhere."""

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric import utils
from curves import ed25519ph_verifies, sm2_digest, sm2_point, sm2_verifies
from key_specs import (
    ALL_SIGNING,
    ML_DSA,
    ML_DSA_SIGNATURE,
    MODULUS,
    SIGNING,
    SPECS,
    at_home,
    digest,
    digest_bytes,
    public_key,
    the_key,
    verifies,
    verify,
)
from support import (
    IS_DISABLED,
    IS_PENDING_DELETION,
    IS_PENDING_IMPORT,
    OK,
    USAGES,
    AnyKeyReference,
    DryRun,
    GrantTokens,
    KeyStates,
    KeyUsage,
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

STATES = {
    "Enabled": OK,
    "Disabled": IS_DISABLED,
    "PendingDeletion": IS_PENDING_DELETION,
    "PendingImport": IS_PENDING_IMPORT,
}


class TestSign(AnyKeyReference, KeyStates, KeyUsage, DryRun, GrantTokens):
    states, usage, kind = STATES, "SIGN_VERIFY", USAGES["SIGN_VERIFY"]

    def call(self, kms, key, given, **more):
        return kms.sign(KeyId=key, Message=b"x", SigningAlgorithm="ECDSA_SHA_256", **more)


def signed(kms, spec, algorithm, message, message_type=None):
    key = the_key(kms, spec, "SIGN_VERIFY")
    more = {} if message_type is None else {"MessageType": message_type}
    answer = body_of(
        kms.sign(KeyId=key.id, Message=message, SigningAlgorithm=algorithm, **more)
    )
    signature = answer.pop("Signature")
    assert answer == {"KeyId": key.arn, "SigningAlgorithm": algorithm}
    return key, signature


ELSEWHERE = [
    pair for pair in SIGNING if pair[1] not in ("SM2DSA", "ED25519_PH_SHA_512")
]


@pytest.mark.parametrize(("spec", "algorithm"), ELSEWHERE)
def test_a_message_is_signed_as_other_libraries_verify_it(kms, spec, algorithm):
    for message in (b"x", b"m" * 4096, bytes(range(256))):
        key, signature = signed(kms, spec, algorithm, message)
        public = public_key(kms, key)
        verify(public, algorithm, message, signature)
        assert not verifies(public, algorithm, message + b"x", signature)
        assert signed(kms, spec, algorithm, message, "RAW")[1]
    if spec in MODULUS:
        assert len(signature) == MODULUS[spec]
    elif spec in ML_DSA:
        assert len(signature) == ML_DSA_SIGNATURE[spec]
    elif spec == "ECC_NIST_EDWARDS25519":
        assert len(signature) == 64
    else:
        r, s = utils.decode_dss_signature(signature)
        assert utils.encode_dss_signature(r, s) == signature


@pytest.mark.parametrize(
    ("spec", "algorithm"), [pair for pair in ELSEWHERE if digest_bytes(pair[1])]
)
def test_a_digest_is_not_hashed_again(kms, spec, algorithm):
    message = b"the message"
    hashed = digest(algorithm, message)
    key, signature = signed(kms, spec, algorithm, hashed, "DIGEST")
    verify(public_key(kms, key), algorithm, message, signature)
    verify(public_key(kms, key), algorithm, hashed, signature, prehashed=True)


def test_any_32_bytes_are_a_digest(kms):
    """Wallets sign Keccak digests, which no algorithm here names."""
    key, signature = signed(kms, "ECC_SECG_P256K1", "ECDSA_SHA_256", b"\xff" * 32, "DIGEST")
    verify(public_key(kms, key), "ECDSA_SHA_256", b"\xff" * 32, signature, prehashed=True)


def test_ed25519ph_hashes_the_digest_that_it_is_given(kms):
    """KMS takes the 64 bytes as the message of Ed25519ph and hashes them again (§5.2)."""
    message = hashlib.sha512(b"the message").digest()
    key, signature = signed(kms, "ECC_NIST_EDWARDS25519", "ED25519_PH_SHA_512", message, "DIGEST")
    public = public_key(kms, key).public_bytes_raw()
    assert len(signature) == 64
    assert ed25519ph_verifies(public, message, signature)
    assert not ed25519ph_verifies(public, b"the message", signature)


@pytest.mark.parametrize("spec", ML_DSA)
def test_ml_dsa_signs_a_mu_that_was_made_outside(kms, spec):
    key = the_key(kms, spec, "SIGN_VERIFY")
    public = public_key(kms, key)
    # FIPS 204, 6.2: SHAKE256 of the hash of the public key, a zero, no context, and the message.
    tr = hashlib.shake_256(public.public_bytes_raw()).digest(64)
    mu = hashlib.shake_256(tr + b"\x00\x00" + b"the message").digest(64)
    _, signature = signed(kms, spec, "ML_DSA_SHAKE_256", mu, "EXTERNAL_MU")
    public.verify(signature, b"the message")
    public.verify_mu(signature, mu)


@pytest.mark.parametrize("message_type", ["RAW", "DIGEST"])
def test_sm2_signs_with_the_default_identity(kms, message_type):
    kms = at_home(kms, "SM2")
    key = the_key(kms, "SM2", "SIGN_VERIFY")
    point = sm2_point(kms.get_public_key(KeyId=key.id)["PublicKey"])
    hashed = sm2_digest(point, b"the message")
    message = b"the message" if message_type == "RAW" else hashed
    _, signature = signed(kms, "SM2", "SM2DSA", message, message_type)
    assert sm2_verifies(point, hashed, *utils.decode_dss_signature(signature))


@pytest.mark.parametrize("spec", sorted({spec for spec, _ in SIGNING}))
def test_an_algorithm_that_the_key_does_not_have(kms, spec):
    """One curve, one hash. SYMMETRIC_DEFAULT is in the model and of no key."""
    kms = at_home(kms, spec)
    key = the_key(kms, spec, "SIGN_VERIFY")
    for algorithm in ALL_SIGNING:
        if algorithm in SPECS[spec]["SIGN_VERIFY"]:
            continue
        # Neither the type nor the length of the message is looked at before.
        for message_type in ("RAW", "DIGEST", "EXTERNAL_MU"):
            with refused(
                "InvalidKeyUsageException",
                f"Algorithm {algorithm} is incompatible with key spec {spec}.",
            ):
                kms.sign(
                    KeyId=key.id, Message=b"x", SigningAlgorithm=algorithm,
                    MessageType=message_type,
                )  # fmt: skip


@pytest.mark.parametrize(("spec", "algorithm"), SIGNING)
def test_a_digest_of_the_wrong_length(kms, spec, algorithm):
    kms = at_home(kms, spec)
    key = the_key(kms, spec, "SIGN_VERIFY")
    right = digest_bytes(algorithm)
    message_type = "DIGEST"
    if algorithm == "ML_DSA_SHAKE_256":
        right, message_type = 64, "EXTERNAL_MU"
    if right is None:
        return
    for length in (1, right - 1, right + 1, 4096):
        with refused("ValidationException", f"Digest is invalid length for algorithm {algorithm}."):
            kms.sign(
                KeyId=key.id, Message=b"m" * length, SigningAlgorithm=algorithm,
                MessageType=message_type,
            )  # fmt: skip


@pytest.mark.parametrize(("spec", "algorithm"), SIGNING)
def test_a_message_type_that_the_algorithm_does_not_take(kms, spec, algorithm):
    kms = at_home(kms, spec)
    key = the_key(kms, spec, "SIGN_VERIFY")
    wrong = {
        "ED25519_SHA_512": ["DIGEST", "EXTERNAL_MU"],
        "ED25519_PH_SHA_512": ["RAW", "EXTERNAL_MU"],
        "ML_DSA_SHAKE_256": ["DIGEST"],
    }.get(algorithm, ["EXTERNAL_MU"])
    subject = f"key spec {spec}" if algorithm == "ML_DSA_SHAKE_256" else f"algorithm {algorithm}"
    for message_type in wrong:
        for length in (1, 64):
            with refused(
                "ValidationException",
                f"Message type {message_type} is incompatible with {subject}.",
            ):
                kms.sign(
                    KeyId=key.id, Message=b"m" * length, SigningAlgorithm=algorithm,
                    MessageType=message_type,
                )  # fmt: skip
    # RAW is what a message is that says nothing.
    if "RAW" in wrong:
        with refused(
            "ValidationException", f"Message type RAW is incompatible with {subject}."
        ):
            kms.sign(KeyId=key.id, Message=b"m" * 64, SigningAlgorithm=algorithm)


def test_the_state_comes_before_the_algorithm_and_that_before_the_digest(kms):
    key = kms.key("Disabled", **USAGES["SIGN_VERIFY"])
    wrong = {"KeyId": key.id, "Message": b"x", "MessageType": "DIGEST"}
    with refused("DisabledException", f"{key.arn} is disabled."):
        kms.sign(SigningAlgorithm="ECDSA_SHA_384", **wrong)
    kms.enable_key(KeyId=key.id)
    with refused(
        "InvalidKeyUsageException",
        "Algorithm ECDSA_SHA_384 is incompatible with key spec ECC_NIST_P256.",
    ):
        kms.sign(SigningAlgorithm="ECDSA_SHA_384", **wrong)
    for more in ({}, {"DryRun": True}):
        with refused("ValidationException", "Digest is invalid length for algorithm ECDSA_SHA_256."):
            kms.sign(SigningAlgorithm="ECDSA_SHA_256", **wrong, **more)


def test_the_constraints_of_the_parameters(kms):
    key = kms.key(**USAGES["SIGN_VERIFY"]).id
    with invalid(null("keyId"), hidden_null("message"), null("signingAlgorithm")):
        kms.sign()
    ecdsa = {"KeyId": key, "SigningAlgorithm": "ECDSA_SHA_256"}
    with invalid(hidden("message", at_least(1))):
        kms.sign(Message=b"", **ecdsa)
    with invalid(hidden("message", at_most(4096))):
        kms.sign(Message=b"m" * 4097, **ecdsa)
    with invalid(
        bad("signingAlgorithm", "ROT13", one_of_shape("SigningAlgorithmSpec")),
        bad("messageType", "HASHED", one_of_shape("MessageType")),
    ):
        kms.sign(KeyId=key, Message=b"x", SigningAlgorithm="ROT13", MessageType="HASHED")
