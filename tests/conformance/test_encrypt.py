"""Encrypt (operations.md §3.5, §5.4, §5.5)."""

import pytest
import srk
from key_specs import MODULUS, OAEP, at_home, the_key
from support import (
    IS_DISABLED,
    IS_PENDING_DELETION,
    IS_PENDING_IMPORT,
    OK,
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


class TestEncrypt(AnyKeyReference, KeyStates, KeyUsage, DryRun, GrantTokens):
    states = {
        "Enabled": OK,
        "Disabled": IS_DISABLED,
        "PendingDeletion": IS_PENDING_DELETION,
        "PendingImport": IS_PENDING_IMPORT,
    }

    def call(self, kms, key, given, **more):
        return kms.encrypt(KeyId=key, Plaintext=b"x", **more)


def test_the_answer_names_the_key_by_its_arn_however_it_was_named(kms):
    key = kms.key()
    alias = kms.alias(key)
    for form in (key.id, key.arn, alias, kms.alias_arn(alias)):
        answer = body_of(kms.encrypt(KeyId=form, Plaintext=b"x"))
        assert set(answer) == {"CiphertextBlob", "KeyId", "EncryptionAlgorithm"}
        assert answer["KeyId"] == key.arn
        assert answer["EncryptionAlgorithm"] == "SYMMETRIC_DEFAULT"


@pytest.mark.parametrize("size", [1, 16, 4095, 4096])
def test_what_was_encrypted_decrypts(kms, size):
    plaintext = bytes(number % 251 for number in range(size))
    blob = kms.encrypt(KeyId=kms.key().id, Plaintext=plaintext)["CiphertextBlob"]
    assert len(blob) == size + srk.OVERHEAD
    assert plaintext not in blob or size == 1
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == plaintext


def test_the_same_plaintext_never_gives_the_same_ciphertext(kms):
    key = kms.key()
    blobs = [kms.encrypt(KeyId=key.id, Plaintext=b"same")["CiphertextBlob"] for _ in range(50)]
    # Everything after the header differs: nonce, IV, commitment and ciphertext.
    for start, end in ((72, 88), (88, 100), (100, 132), (132, None)):
        assert len({blob[start:end] for blob in blobs}) == 50


def test_the_algorithm_may_be_said(kms):
    key = kms.key()
    answer = kms.encrypt(
        KeyId=key.id, Plaintext=b"x", EncryptionAlgorithm="SYMMETRIC_DEFAULT"
    )
    assert answer["EncryptionAlgorithm"] == "SYMMETRIC_DEFAULT"


@pytest.mark.parametrize("algorithm", ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256", "SM2PKE"])
def test_an_algorithm_that_the_key_does_not_have(kms, algorithm):
    with refused(
        "InvalidKeyUsageException",
        f"Algorithm {algorithm} is incompatible with key spec SYMMETRIC_DEFAULT.",
    ):
        kms.encrypt(KeyId=kms.key().id, Plaintext=b"x", EncryptionAlgorithm=algorithm)


def test_the_state_comes_before_the_algorithm(kms):
    key = kms.key("Disabled")
    with refused("DisabledException", f"{key.arn} is disabled."):
        kms.encrypt(KeyId=key.id, Plaintext=b"x", EncryptionAlgorithm="RSAES_OAEP_SHA_1")


CONTEXTS = [
    {},
    {"a": "b"},
    {"b": "1", "a": "2", "B": "3"},
    {"Schlüssel 🔑": "東京", "": "", "nul\x00": "\x00", "e\u0301": "\u00e9"},
    {f"k{number}": "v" * 50 for number in range(100)},
]


@pytest.mark.parametrize("context", CONTEXTS, ids=range(len(CONTEXTS)))
def test_any_context_of_strings_is_bound_and_its_order_is_not(kms, context):
    blob = kms.encrypt(KeyId=kms.key().id, Plaintext=b"x", EncryptionContext=context)["CiphertextBlob"]
    reverse = dict(reversed(context.items()))
    assert kms.decrypt(CiphertextBlob=blob, EncryptionContext=reverse)["Plaintext"] == b"x"
    with refused("InvalidCiphertextException", None):
        kms.decrypt(CiphertextBlob=blob, EncryptionContext=context | {"one": "more"})


def test_a_context_of_over_8192_bytes_is_too_long(kms):
    key = kms.key()
    kms.encrypt(KeyId=key.id, Plaintext=b"x", EncryptionContext={"k": "v" * 8191})
    for context in ({"k": "v" * 8192}, {"k": "ü" * 4096}):
        with refused("ValidationException"):
            kms.encrypt(KeyId=key.id, Plaintext=b"x", EncryptionContext=context)


def test_the_constraints_of_the_parameters(kms):
    key = kms.key().id
    with invalid(null("keyId"), hidden_null("plaintext")):
        kms.encrypt()
    with invalid(hidden("plaintext", at_least(1))):
        kms.encrypt(KeyId=key, Plaintext=b"")
    # What is secret is not repeated.
    with invalid(hidden("plaintext", at_most(4096))):
        kms.encrypt(KeyId=key, Plaintext=b"p" * 4097)
    with invalid(
        hidden("plaintext", at_most(4096)),
        bad("encryptionAlgorithm", "ROT13", one_of_shape("EncryptionAlgorithmSpec")),
    ):
        kms.encrypt(KeyId=key, Plaintext=b"p" * 4097, EncryptionAlgorithm="ROT13")


def test_constraints_come_before_the_key(kms):
    with invalid(hidden_null("plaintext")):
        kms.encrypt(KeyId="alias/not-there")


def test_a_multi_region_key_encrypts(kms):
    key = kms.key(MultiRegion=True)
    blob = kms.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    assert blob[6:8] == b"\x00\x01"
    assert kms.decrypt(CiphertextBlob=blob)["KeyId"] == key.arn


# --- Asymmetric keys ------------------------------------------------------------------------------

NO_CONTEXT = "EncryptionContext is not supported when encrypting/decrypting with asymmetric CMKs."


@pytest.mark.parametrize(("spec", "algorithm"), OAEP)
def test_under_rsa_what_fits_is_encrypted_and_nothing_longer(kms, spec, algorithm):
    key, most = the_key(kms, spec, "ENCRYPT_DECRYPT"), OAEP[spec, algorithm]
    call = {"KeyId": key.id, "EncryptionAlgorithm": algorithm}
    for plaintext in (b"x", b"p" * most):
        made = body_of(kms.encrypt(Plaintext=plaintext, **call))
        blob = made.pop("CiphertextBlob")
        assert made == {"KeyId": key.arn, "EncryptionAlgorithm": algorithm}
        assert len(blob) == MODULUS[spec]
        assert kms.encrypt(Plaintext=plaintext, **call)["CiphertextBlob"] != blob
        assert kms.decrypt(CiphertextBlob=blob, **call)["Plaintext"] == plaintext
    for size in (most + 1, 4096):
        for more in ({}, {"DryRun": True}):
            with refused(
                "ValidationException",
                f"Algorithm {algorithm} and key spec {spec} cannot encrypt data larger than "
                f"{most} bytes.",
            ):
                kms.encrypt(Plaintext=b"p" * size, **call, **more)


def test_under_sm2_1024_bytes_fit(kms):
    kms = at_home(kms, "SM2")
    key = the_key(kms, "SM2", "ENCRYPT_DECRYPT")
    call = {"KeyId": key.id, "EncryptionAlgorithm": "SM2PKE"}
    for plaintext in (b"x", b"p" * 1024):
        blob = kms.encrypt(Plaintext=plaintext, **call)["CiphertextBlob"]
        assert kms.decrypt(CiphertextBlob=blob, **call)["Plaintext"] == plaintext
    with refused(
        "ValidationException",
        "Algorithm SM2PKE and key spec SM2 cannot encrypt data larger than 1024 bytes.",
    ):
        kms.encrypt(Plaintext=b"p" * 1025, **call)


def test_an_asymmetric_key_needs_its_own_algorithm(kms):
    for spec in ("RSA_2048", "SM2"):
        home = at_home(kms, spec)
        key = the_key(home, spec, "ENCRYPT_DECRYPT")
        # Without one it is SYMMETRIC_DEFAULT that was asked for.
        for more in ({}, {"EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}):
            with refused(
                "InvalidKeyUsageException",
                f"Algorithm SYMMETRIC_DEFAULT is incompatible with key spec {spec}.",
            ):
                home.encrypt(KeyId=key.id, Plaintext=b"x", **more)


def test_there_is_no_context_under_an_asymmetric_key(kms):
    key = the_key(kms, "RSA_2048", "ENCRYPT_DECRYPT")
    call = {"KeyId": key.id, "EncryptionAlgorithm": "RSAES_OAEP_SHA_256"}
    with refused("ValidationException", NO_CONTEXT):
        kms.encrypt(Plaintext=b"p" * 4096, EncryptionContext={"a": "b"}, **call)
    assert kms.encrypt(Plaintext=b"x", EncryptionContext={}, **call)


def test_under_an_asymmetric_key_the_state_comes_before_the_algorithm(kms):
    key = kms.key("PendingImport", KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")
    with refused("KMSInvalidStateException", f"{key.arn} is pending import."):
        kms.encrypt(KeyId=key.id, Plaintext=b"x")
