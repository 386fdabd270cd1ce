"""Decapsulate (operations.md §3.6). What others encapsulate with our public key opens here."""

import base64

import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric import mlkem
from key_specs import CIPHERTEXT, ML_KEM, pkcs8, public_key, spki, the_key
from support import (
    ACCOUNT,
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
    invalid,
    null,
    one_of_shape,
    refused,
)
from test_encapsulate import KEM
from test_sign import STATES

# The other library has no ML-KEM-512.
ELSEWHERE = {"ML_KEM_768": mlkem.MLKEM768PrivateKey, "ML_KEM_1024": mlkem.MLKEM1024PrivateKey}


class TestDecapsulate(AnyKeyReference, KeyStates, KeyUsage, DryRun, GrantTokens):
    states, usage, kind = STATES, "ENCAPSULATE_DECAPSULATE", USAGES["ENCAPSULATE_DECAPSULATE"]

    def prepare(self, kms, key):
        return kms.encapsulate(KeyId=key.id, **KEM)["SharedSecretCiphertextBlob"]

    def prepare_without_material(self, kms, key):
        return b"c" * CIPHERTEXT["ML_KEM_768"]

    def call(self, kms, key, given, **more):
        return kms.decapsulate(KeyId=key, SharedSecretCiphertextBlob=given, **KEM, **more)


@pytest.mark.parametrize("spec", ELSEWHERE)
def test_what_was_encapsulated_elsewhere_opens(kms, spec):
    key = the_key(kms, spec, "ENCAPSULATE_DECAPSULATE")
    secret, ciphertext = public_key(kms, key).encapsulate()
    answer = kms.decapsulate(KeyId=key.id, SharedSecretCiphertextBlob=ciphertext, **KEM)
    assert body_of(answer) == {
        "KeyId": key.arn,
        "EncapsulationAlgorithm": "ML_KEM",
        "SharedSecret": secret,
    }


@pytest.mark.parametrize("spec", ELSEWHERE)
def test_what_is_encapsulated_here_opens_elsewhere(tmp_path, spec):
    private = ELSEWHERE[spec].generate()
    key = {
        "id": "00000000-0000-4000-8000-000000000001",
        "key_spec": spec,
        "key_material": [base64.b64encode(pkcs8(private)).decode()],
    }
    file = tmp_path / "seed.yaml"
    file.write_text(
        yaml.safe_dump({"accounts": {ACCOUNT: {"regions": {"us-east-1": {"keys": [key]}}}}})
    )
    with Server.dev(tmp_path / "data", "--seed", file) as server:
        kms = server.service()
        assert kms.get_public_key(KeyId=key["id"])["PublicKey"] == spki(private.public_key())
        made = kms.encapsulate(KeyId=key["id"], **KEM)
        assert private.decapsulate(made["SharedSecretCiphertextBlob"]) == made["SharedSecret"]


@pytest.mark.parametrize("spec", ML_KEM)
def test_a_wrong_ciphertext_of_the_right_length_gives_a_secret_of_nobody(kms, spec):
    """FIPS 203: rejection is implicit, and the same every time."""
    key = the_key(kms, spec, "ENCAPSULATE_DECAPSULATE")
    made = kms.encapsulate(KeyId=key.id, **KEM)
    wrong = bytearray(made["SharedSecretCiphertextBlob"])
    wrong[7] ^= 1
    call = {"KeyId": key.id, "SharedSecretCiphertextBlob": bytes(wrong), **KEM}
    secret = kms.decapsulate(**call)["SharedSecret"]
    assert len(secret) == 32
    assert secret != made["SharedSecret"]
    assert kms.decapsulate(**call)["SharedSecret"] == secret


@pytest.mark.parametrize("spec", ML_KEM)
def test_a_ciphertext_of_another_length_is_refused_without_a_message(kms, spec):
    key = the_key(kms, spec, "ENCAPSULATE_DECAPSULATE")
    right = CIPHERTEXT[spec]
    lengths = {1, right - 1, right + 1, 6144, *CIPHERTEXT.values()} - {right}
    for length in lengths:
        for more in ({}, {"DryRun": True}):
            with refused("InvalidCiphertextException", None):
                kms.decapsulate(
                    KeyId=key.id, SharedSecretCiphertextBlob=b"c" * length, **KEM, **more
                )


def test_the_state_comes_before_the_ciphertext(kms):
    key = kms.key("Disabled", **USAGES["ENCAPSULATE_DECAPSULATE"])
    with refused("DisabledException", f"{key.arn} is disabled."):
        kms.decapsulate(KeyId=key.id, SharedSecretCiphertextBlob=b"c", **KEM)


def test_the_constraints_of_the_parameters(kms):
    key = kms.key(**USAGES["ENCAPSULATE_DECAPSULATE"]).id
    with invalid(
        null("keyId"), null("encapsulationAlgorithm"), null("sharedSecretCiphertextBlob")
    ):
        kms.decapsulate()
    with invalid(hidden("sharedSecretCiphertextBlob", at_least(1))):
        kms.decapsulate(KeyId=key, SharedSecretCiphertextBlob=b"", **KEM)
    with invalid(
        hidden("sharedSecretCiphertextBlob", at_most(6144)),
        bad("encapsulationAlgorithm", "RSA", one_of_shape("EncapsulationAlgorithmSpec")),
    ):
        kms.decapsulate(
            KeyId=key, SharedSecretCiphertextBlob=b"c" * 6145, EncapsulationAlgorithm="RSA"
        )
