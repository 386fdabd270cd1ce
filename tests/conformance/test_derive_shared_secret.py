"""DeriveSharedSecret (operations.md §3.6, §5.3)."""

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from curves import sm2_point, sm2_private, sm2_spki, sm2_times
from key_specs import EC, at_home, public_key, spki, the_key
from support import (
    DRY_RUN,
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
    invalid,
    null,
    one_of_shape,
    refused,
)
from test_sign import STATES

ECDH = {"KeyAgreementAlgorithm": "ECDH"}
CURVES = {"ECC_NIST_P256": 32, "ECC_NIST_P384": 48, "ECC_NIST_P521": 66}


def peer(spec="ECC_NIST_P256"):
    return ec.generate_private_key(EC[spec])


class TestDeriveSharedSecret(AnyKeyReference, KeyStates, KeyUsage, DryRun, GrantTokens):
    states, usage, kind = STATES, "KEY_AGREEMENT", USAGES["KEY_AGREEMENT"]

    def prepare(self, kms, key):
        return spki(peer().public_key())

    prepare_without_material = prepare

    def call(self, kms, key, given, **more):
        return kms.derive_shared_secret(KeyId=key, PublicKey=given, **ECDH, **more)


@pytest.mark.parametrize("spec", CURVES)
def test_both_sides_derive_the_same_secret(kms, spec):
    key = the_key(kms, spec, "KEY_AGREEMENT")
    ours = public_key(kms, key)
    # Often enough that a leading zero, which is kept, turns up now and then.
    for _ in range(8):
        theirs = peer(spec)
        made = body_of(
            kms.derive_shared_secret(KeyId=key.id, PublicKey=spki(theirs.public_key()), **ECDH)
        )
        secret = made.pop("SharedSecret")
        assert secret == theirs.exchange(ec.ECDH(), ours)
        assert len(secret) == CURVES[spec]
        assert made == {"KeyId": key.arn, "KeyAgreementAlgorithm": "ECDH", "KeyOrigin": "AWS_KMS"}


def test_two_kms_keys_agree(kms):
    a, b = (kms.key(**USAGES["KEY_AGREEMENT"]) for _ in range(2))

    def secret(own, other):
        public = kms.get_public_key(KeyId=other.id)["PublicKey"]
        return kms.derive_shared_secret(KeyId=own.id, PublicKey=public, **ECDH)["SharedSecret"]

    assert secret(a, b) == secret(b, a)


def test_sm2_keys_agree_on_the_x_coordinate(kms):
    kms = at_home(kms, "SM2")
    key = the_key(kms, "SM2", "KEY_AGREEMENT")
    ours = sm2_point(kms.get_public_key(KeyId=key.id)["PublicKey"])
    private = sm2_private()
    made = kms.derive_shared_secret(KeyId=key.id, PublicKey=sm2_spki(sm2_times(private)), **ECDH)
    assert made["SharedSecret"] == sm2_times(private, ours)[0].to_bytes(32, "big")


def unusable():
    good = spki(peer().public_key())
    point = peer().public_key()
    off = bytearray(good)
    off[-1] ^= 1
    return {
        "garbage": b"not a key",
        "one byte": b"\x00",
        "longest": b"\x30" * 8192,
        "not on the curve": bytes(off),
        "the point at infinity": good[:-65] + b"\x00",
        "cut short": good[:-1],
        "with something after it": good + b"\x00",
        "PEM": point.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ),
        "a bare point": point.public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        ),
        "P-384": spki(peer("ECC_NIST_P384").public_key()),
        "secp256k1": spki(peer("ECC_SECG_P256K1").public_key()),
        "RSA": spki(rsa.generate_private_key(65537, 2048).public_key()),
    }


def test_what_is_no_key_of_the_same_curve_is_refused_without_a_message(kms):
    key = the_key(kms, "ECC_NIST_P256", "KEY_AGREEMENT")
    for what, public in unusable().items():
        for more in ({}, {"DryRun": True}):
            try:
                with refused("ValidationException", None):
                    kms.derive_shared_secret(KeyId=key.id, PublicKey=public, **ECDH, **more)
            except BaseException as error:
                error.add_note(what)
                raise


def test_the_state_comes_before_the_public_key(kms):
    key = kms.key("Disabled", **USAGES["KEY_AGREEMENT"])
    with refused("DisabledException", f"{key.arn} is disabled."):
        kms.derive_shared_secret(KeyId=key.id, PublicKey=b"garbage", **ECDH)


def test_a_dry_run_derives_nothing(kms):
    key = the_key(kms, "ECC_NIST_P256", "KEY_AGREEMENT")
    with refused("DryRunOperationException", DRY_RUN):
        kms.derive_shared_secret(
            KeyId=key.id, PublicKey=spki(peer().public_key()), DryRun=True, **ECDH
        )


def test_a_recipient_is_never_answered_with_the_secret(kms):
    key = the_key(kms, "ECC_NIST_P256", "KEY_AGREEMENT")
    with refused("ValidationException"):
        kms.derive_shared_secret(
            KeyId=key.id,
            PublicKey=spki(peer().public_key()),
            Recipient={
                "KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256",
                "AttestationDocument": b"document",
            },
            **ECDH,
        )


def test_the_constraints_of_the_parameters(kms):
    key = kms.key(**USAGES["KEY_AGREEMENT"]).id
    with invalid(null("keyId"), null("keyAgreementAlgorithm"), null("publicKey")):
        kms.derive_shared_secret()
    with invalid(hidden("publicKey", at_least(1))):
        kms.derive_shared_secret(KeyId=key, PublicKey=b"", **ECDH)
    with invalid(
        hidden("publicKey", at_most(8192)),
        bad("keyAgreementAlgorithm", "DH", one_of_shape("KeyAgreementAlgorithmSpec")),
    ):
        kms.derive_shared_secret(KeyId=key, PublicKey=b"p" * 8193, KeyAgreementAlgorithm="DH")
