"""ReEncrypt (operations.md §3.5)."""

import pytest
from key_specs import OAEP, oaep, public_key, the_key
from support import (
    CIPHERTEXT_KEY_GONE,
    DRY_RUN,
    IS_DISABLED,
    IS_PENDING_DELETION,
    IS_PENDING_IMPORT,
    OK,
    UNKNOWN_KEY,
    WRONG_KEY,
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
from test_decrypt import encrypted, forged

STATES = {
    "Enabled": OK,
    "Disabled": IS_DISABLED,
    "PendingDeletion": IS_PENDING_DELETION,
    "PendingImport": IS_PENDING_IMPORT,
}


class TestDestination(AnyKeyReference, KeyStates, KeyUsage, DryRun, GrantTokens):
    operation = "ReEncrypt"
    path, action, states = "destinationKeyId", "kms:ReEncryptTo", STATES

    def prepare(self, kms, key):
        return encrypted(kms)

    prepare_without_material = prepare

    def call(self, kms, key, given, **more):
        answer = kms.re_encrypt(CiphertextBlob=given, DestinationKeyId=key, **more)
        assert kms.decrypt(CiphertextBlob=answer["CiphertextBlob"])["Plaintext"] == b"secret"


class TestSource(AnyKeyReference, KeyStates, DryRun):
    path, action, states = "sourceKeyId", "kms:ReEncryptFrom", STATES

    def prepare(self, kms, key):
        return encrypted(kms, key)

    def prepare_without_material(self, kms, key):
        return forged(kms, key.id)

    def call(self, kms, key, given, **more):
        return kms.re_encrypt(
            CiphertextBlob=given, SourceKeyId=key, DestinationKeyId=kms.key().id, **more
        )


def test_the_answer_names_both_sides(kms):
    source, destination = kms.key(), kms.key()
    alias = kms.alias(destination)
    blob = encrypted(kms, source)
    for more in ({}, {"SourceKeyId": source.id}, {"SourceKeyId": source.arn}):
        answer = body_of(kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=alias, **more))
        moved = answer.pop("CiphertextBlob")
        assert answer == {
            "SourceKeyId": source.arn,
            "KeyId": destination.arn,
            "SourceEncryptionAlgorithm": "SYMMETRIC_DEFAULT",
            "DestinationEncryptionAlgorithm": "SYMMETRIC_DEFAULT",
            "SourceKeyMaterialId": source.metadata["CurrentKeyMaterialId"],
            "DestinationKeyMaterialId": destination.metadata["CurrentKeyMaterialId"],
        }
        opened = kms.decrypt(CiphertextBlob=moved)
        assert (opened["KeyId"], opened["Plaintext"]) == (destination.arn, b"secret")


def test_contexts_are_of_each_side(kms):
    """The hierarchical keyring does this: the same key on both sides and two contexts."""
    key = kms.key()
    old, new = {"version": "1"}, {"version": "2"}
    blob = encrypted(kms, key, EncryptionContext=old)
    moved = kms.re_encrypt(
        CiphertextBlob=blob,
        SourceKeyId=key.id,
        SourceEncryptionContext=old,
        DestinationKeyId=key.id,
        DestinationEncryptionContext=new,
    )["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=moved, EncryptionContext=new)["Plaintext"] == b"secret"
    with refused("InvalidCiphertextException", None):
        kms.decrypt(CiphertextBlob=moved, EncryptionContext=old)
    for wrong in ({}, {"SourceEncryptionContext": new}):
        with refused("InvalidCiphertextException", None):
            kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=key.id, **wrong)


def test_the_source_is_refused_as_decrypt_refuses_it(kms):
    key = kms.key()
    with refused("InvalidCiphertextException", None):
        kms.re_encrypt(CiphertextBlob=b"broken", DestinationKeyId=key.id)
    with refused("IncorrectKeyException", WRONG_KEY):
        kms.re_encrypt(
            CiphertextBlob=encrypted(kms), SourceKeyId=key.id, DestinationKeyId=key.id
        )
    with refused("AccessDeniedException", CIPHERTEXT_KEY_GONE):
        kms.re_encrypt(CiphertextBlob=forged(kms, UNKNOWN_KEY), DestinationKeyId=key.id)
    for more in ({"SourceEncryptionAlgorithm": "RSAES_OAEP_SHA_1", "SourceKeyId": key.id},):
        with refused(
            "InvalidKeyUsageException",
            "Algorithm RSAES_OAEP_SHA_1 is incompatible with key spec SYMMETRIC_DEFAULT.",
        ):
            kms.re_encrypt(CiphertextBlob=encrypted(kms, key), DestinationKeyId=key.id, **more)


def test_the_destination_is_refused_as_encrypt_refuses_it(kms):
    with refused(
        "InvalidKeyUsageException",
        "Algorithm RSAES_OAEP_SHA_256 is incompatible with key spec SYMMETRIC_DEFAULT.",
    ):
        kms.re_encrypt(
            CiphertextBlob=encrypted(kms),
            DestinationKeyId=kms.key().id,
            DestinationEncryptionAlgorithm="RSAES_OAEP_SHA_256",
        )


def test_the_source_is_looked_at_first(kms):
    source, destination = kms.key(), kms.key("PendingDeletion")
    blob = encrypted(kms, source)
    kms.disable_key(KeyId=source.id)
    with refused("DisabledException", f"{source.arn} is disabled."):
        kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=destination.id)


def test_a_data_key_stays_a_data_key(kms):
    made = kms.generate_data_key(KeyId=kms.key().id, KeySpec="AES_256")
    moved = kms.re_encrypt(CiphertextBlob=made["CiphertextBlob"], DestinationKeyId=kms.key().id)
    assert kms.decrypt(CiphertextBlob=moved["CiphertextBlob"])["Plaintext"] == made["Plaintext"]


def test_from_account_to_account(kms, stranger):
    blob = encrypted(stranger)
    key = kms.key()
    moved = kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=key.id)
    assert kms.decrypt(CiphertextBlob=moved["CiphertextBlob"])["KeyId"] == key.arn


def test_the_constraints_of_the_parameters(kms):
    with invalid(null("ciphertextBlob"), null("destinationKeyId")):
        kms.re_encrypt()
    with invalid(hidden("ciphertextBlob", at_least(1)), null("destinationKeyId")):
        kms.re_encrypt(CiphertextBlob=b"")
    with invalid(hidden("ciphertextBlob", at_most(6144))):
        kms.re_encrypt(CiphertextBlob=b"c" * 6145, DestinationKeyId=kms.key().id)
    algorithms = one_of_shape("EncryptionAlgorithmSpec")
    with invalid(
        bad("sourceEncryptionAlgorithm", "A", algorithms),
        bad("destinationEncryptionAlgorithm", "B", algorithms),
    ):
        kms.re_encrypt(
            CiphertextBlob=b"c",
            DestinationKeyId=kms.key().id,
            SourceEncryptionAlgorithm="A",
            DestinationEncryptionAlgorithm="B",
        )


@pytest.mark.parametrize("blob", [{}, {"CiphertextBlob": b"broken"}])
def test_a_dry_run_may_ignore_the_ciphertext(kms, blob):
    keys = {"SourceKeyId": kms.key().id, "DestinationKeyId": kms.key().id}
    modifiers = {"DryRun": True, "DryRunModifiers": ["IGNORE_CIPHERTEXT"]}
    with refused("DryRunOperationException", DRY_RUN):
        kms.re_encrypt(**keys, **modifiers, **blob)
    with refused("ValidationException"):
        kms.re_encrypt(DestinationKeyId=keys["DestinationKeyId"], **modifiers, **blob)


# --- Asymmetric keys ------------------------------------------------------------------------------

RSA = "RSAES_OAEP_SHA_256"


def test_from_a_symmetric_key_to_rsa_and_back(kms):
    symmetric, rsa = kms.key(), the_key(kms, "RSA_2048", "ENCRYPT_DECRYPT")
    out = body_of(
        kms.re_encrypt(
            CiphertextBlob=encrypted(kms, symmetric),
            DestinationKeyId=rsa.id,
            DestinationEncryptionAlgorithm=RSA,
        )
    )
    blob = out.pop("CiphertextBlob")
    material = symmetric.metadata["CurrentKeyMaterialId"]
    # The id of a material is told of a symmetric side only.
    assert out == {
        "SourceKeyId": symmetric.arn,
        "KeyId": rsa.arn,
        "SourceEncryptionAlgorithm": "SYMMETRIC_DEFAULT",
        "DestinationEncryptionAlgorithm": RSA,
        "SourceKeyMaterialId": material,
    }
    opened = kms.decrypt(KeyId=rsa.id, CiphertextBlob=blob, EncryptionAlgorithm=RSA)
    assert opened["Plaintext"] == b"secret"
    back = body_of(
        kms.re_encrypt(
            CiphertextBlob=blob,
            SourceKeyId=rsa.id,
            SourceEncryptionAlgorithm=RSA,
            DestinationKeyId=symmetric.id,
        )
    )
    assert kms.decrypt(CiphertextBlob=back.pop("CiphertextBlob"))["Plaintext"] == b"secret"
    assert back == {
        "SourceKeyId": rsa.arn,
        "KeyId": symmetric.arn,
        "SourceEncryptionAlgorithm": RSA,
        "DestinationEncryptionAlgorithm": "SYMMETRIC_DEFAULT",
        "DestinationKeyMaterialId": material,
    }


@pytest.mark.parametrize(("spec", "algorithm"), OAEP)
def test_the_size_that_fits_the_destination(kms, spec, algorithm):
    key, most = the_key(kms, spec, "ENCRYPT_DECRYPT"), OAEP[spec, algorithm]
    source = kms.key()
    call = {"DestinationKeyId": key.id, "DestinationEncryptionAlgorithm": algorithm}
    for size, fits in ((most, True), (most + 1, False)):
        blob = kms.encrypt(KeyId=source.id, Plaintext=b"p" * size)["CiphertextBlob"]
        if fits:
            assert kms.re_encrypt(CiphertextBlob=blob, **call)["KeyId"] == key.arn
            continue
        for more in ({}, {"DryRun": True}):
            with refused(
                "ValidationException",
                f"Algorithm {algorithm} and key spec {spec} cannot encrypt data larger than "
                f"{most} bytes.",
            ):
                kms.re_encrypt(CiphertextBlob=blob, **call, **more)


def test_contexts_are_of_symmetric_sides_only(kms):
    rsa = the_key(kms, "RSA_2048", "ENCRYPT_DECRYPT")
    blob = public_key(kms, rsa).encrypt(b"secret", oaep(RSA))
    from_rsa = {"CiphertextBlob": blob, "SourceKeyId": rsa.id, "SourceEncryptionAlgorithm": RSA}
    to_rsa = {"DestinationKeyId": rsa.id, "DestinationEncryptionAlgorithm": RSA}
    context, text = {"a": "b"}, (
        "EncryptionContext is not supported when encrypting/decrypting with asymmetric CMKs."
    )
    with refused("ValidationException", text):
        kms.re_encrypt(**from_rsa, DestinationKeyId=kms.key().id, SourceEncryptionContext=context)
    with refused("ValidationException", text):
        kms.re_encrypt(
            CiphertextBlob=encrypted(kms), **to_rsa, DestinationEncryptionContext=context
        )
    key = kms.key()
    moved = kms.re_encrypt(
        **from_rsa, DestinationKeyId=key.id, DestinationEncryptionContext=context
    )
    opened = kms.decrypt(CiphertextBlob=moved["CiphertextBlob"], EncryptionContext=context)
    assert opened["Plaintext"] == b"secret"


def test_an_asymmetric_source_is_refused_as_decrypt_refuses_it(kms):
    rsa, destination = the_key(kms, "RSA_2048", "ENCRYPT_DECRYPT"), kms.key()
    with refused("ValidationException", "KeyId must not be null"):
        kms.re_encrypt(
            CiphertextBlob=b"x", SourceEncryptionAlgorithm=RSA, DestinationKeyId=destination.id
        )
    with refused("InvalidCiphertextException", None):
        kms.re_encrypt(
            CiphertextBlob=b"x",
            SourceKeyId=rsa.id,
            SourceEncryptionAlgorithm=RSA,
            DestinationKeyId=destination.id,
        )
    with refused(
        "InvalidKeyUsageException",
        "Algorithm SYMMETRIC_DEFAULT is incompatible with key spec RSA_2048.",
    ):
        kms.re_encrypt(CiphertextBlob=encrypted(kms), DestinationKeyId=rsa.id)
