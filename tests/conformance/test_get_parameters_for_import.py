"""GetParametersForImport (operations.md §3.7, §6.2; custody-and-audit.md §3)."""

import datetime

import pytest
from cryptography.hazmat.primitives.serialization import load_der_public_key
from imports import OnImportedKeys, origin, parameters
from key_specs import ML_DSA, ML_KEM, SPECS
from support import (
    IS_PENDING_DELETION,
    OK,
    KeyOnlyReference,
    KeyStates,
    bad,
    body_of,
    invalid,
    null,
    one_of_shape,
    part,
    refused,
)


class TestGetParametersForImport(OnImportedKeys, KeyOnlyReference, KeyStates):
    states = {
        "Enabled": OK,
        "Disabled": OK,
        "PendingDeletion": IS_PENDING_DELETION,
        "PendingImport": OK,
    }

    def call(self, kms, key, given):
        return parameters(kms, key)


@pytest.mark.parametrize("bits", [2048, 3072, 4096])
def test_the_answer_is_a_fresh_public_key_and_its_token(kms, bits):
    key = kms.key("PendingImport")
    for algorithm in (
        "RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256", "RSA_AES_KEY_WRAP_SHA_1", "RSA_AES_KEY_WRAP_SHA_256",
    )[: 1 if bits > 2048 else 4]:  # fmt: skip
        answer = body_of(parameters(kms, key.id, algorithm, f"RSA_{bits}"))
        assert set(answer) == {"KeyId", "PublicKey", "ImportToken", "ParametersValidTo"}
        assert answer["KeyId"] == key.arn
        public = load_der_public_key(answer["PublicKey"])
        assert public.key_size == bits
        assert public.public_numbers().e == 65537
        ahead = answer["ParametersValidTo"] - datetime.datetime.now(datetime.UTC)
        assert abs(ahead - datetime.timedelta(hours=24)) < datetime.timedelta(minutes=1)
        again = parameters(kms, key.id, algorithm, "RSA_2048")
        assert again["PublicKey"] != answer["PublicKey"]
        assert again["ImportToken"] != answer["ImportToken"]


def test_only_keys_whose_material_comes_from_outside(kms):
    for state in ("Enabled", "Disabled"):
        key = kms.key(state)
        code, message = origin(key.arn, "AWS_KMS")
        with refused(code, message):
            parameters(kms, key.id)
    key = kms.key("PendingDeletion")
    with refused("KMSInvalidStateException", f"{key.arn} is pending deletion."):
        parameters(kms, key.id)


def test_what_is_not_offered_is_refused(kms):
    key = kms.key("PendingImport")
    with refused("UnsupportedOperationException", part("RSAES_PKCS1_V1_5")):
        parameters(kms, key.id, "RSAES_PKCS1_V1_5")
    with refused("UnsupportedOperationException", part("SM2")):
        parameters(kms, key.id, "SM2PKE", "SM2")


@pytest.mark.parametrize("spec", ["ECC_NIST_EDWARDS25519", *ML_DSA, *ML_KEM])
def test_material_that_is_not_imported(kms, spec):
    (usage,) = SPECS[spec]
    key = kms.key("PendingImport", KeySpec=spec, KeyUsage=usage)
    with refused("UnsupportedOperationException", part(spec)):
        parameters(kms, key.id, "RSA_AES_KEY_WRAP_SHA_256")


@pytest.mark.parametrize("algorithm", ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"])
def test_private_keys_that_oaep_cannot_carry(kms, algorithm):
    for spec, wrapping in (
        ("RSA_2048", "RSA_4096"), ("RSA_3072", "RSA_4096"), ("RSA_4096", "RSA_4096"),
        ("ECC_NIST_P521", "RSA_2048"),
    ):  # fmt: skip
        key = kms.key("PendingImport", KeySpec=spec, KeyUsage="SIGN_VERIFY")
        with refused("UnsupportedOperationException", part(algorithm)):
            parameters(kms, key.id, algorithm, wrapping)


def test_sm2_wraps_in_china(kms):
    there = kms.at("cn-north-1")
    key = there.key("PendingImport")
    answer = parameters(there, key.id, "SM2PKE", "SM2")
    assert len(answer["PublicKey"]) == 91
    for algorithm, spec in (("SM2PKE", "RSA_2048"), ("RSAES_OAEP_SHA_256", "SM2")):
        with refused("ValidationException"):
            parameters(there, key.id, algorithm, spec)


def test_the_constraints(kms):
    key = kms.key("PendingImport")
    with invalid(
        bad("wrappingAlgorithm", "ROT13", one_of_shape("AlgorithmSpec")),
        bad("wrappingKeySpec", "RSA_512", one_of_shape("WrappingKeySpec")),
    ):
        parameters(kms, key.id, "ROT13", "RSA_512")
    with invalid(null("keyId"), null("wrappingAlgorithm"), null("wrappingKeySpec")):
        kms.get_parameters_for_import()
