"""What GenerateDataKey and GenerateDataKeyWithoutPlaintext have in common (operations.md §3.5)."""

import pytest
from support import (
    IS_DISABLED,
    IS_PENDING_DELETION,
    IS_PENDING_IMPORT,
    OK,
    UNKNOWN_KEY,
    AnyKeyReference,
    DryRun,
    GrantTokens,
    KeyStates,
    KeyUsage,
    bad,
    body_of,
    invalid,
    null,
    one_of_shape,
    refused,
    value_at_least,
    value_at_most,
)

NEITHER_OR_BOTH = "Please specify either number of bytes or key spec."


class DataKeys(AnyKeyReference, KeyStates, KeyUsage, DryRun, GrantTokens):
    """`generate(self, kms, **parameters)` is boto3's call; `members` what the answer has."""

    members = None
    states = {
        "Enabled": OK,
        "Disabled": IS_DISABLED,
        "PendingDeletion": IS_PENDING_DELETION,
        "PendingImport": IS_PENDING_IMPORT,
    }

    def generate(self, kms, **parameters):
        raise NotImplementedError

    def call(self, kms, key, given, **more):
        return self.generate(kms, KeyId=key, KeySpec="AES_256", **more)

    @pytest.mark.parametrize(
        ("how", "size"),
        [({"KeySpec": "AES_256"}, 32), ({"KeySpec": "AES_128"}, 16)]
        + [({"NumberOfBytes": size}, size) for size in (1, 32, 64, 1023, 1024)],
    )
    def test_the_data_key_has_the_size_asked_for(self, kms, how, size):
        key = kms.key()
        made = body_of(self.generate(kms, KeyId=kms.alias(key), **how))
        assert set(made) == self.members
        assert made["KeyId"] == key.arn
        assert made["KeyMaterialId"] == key.metadata["CurrentKeyMaterialId"]
        opened = kms.decrypt(CiphertextBlob=made["CiphertextBlob"])
        assert len(opened["Plaintext"]) == size
        assert made.get("Plaintext", opened["Plaintext"]) == opened["Plaintext"]

    def test_no_two_data_keys_are_the_same(self, kms):
        key = kms.key()
        blobs = [self.call(kms, key.id, None)["CiphertextBlob"] for _ in range(20)]
        assert len({kms.decrypt(CiphertextBlob=blob)["Plaintext"] for blob in blobs}) == 20

    def test_the_context_is_bound(self, kms):
        context = {"a": "b"}
        blob = self.call(kms, kms.key().id, None, EncryptionContext=context)["CiphertextBlob"]
        assert kms.decrypt(CiphertextBlob=blob, EncryptionContext=context)
        with refused("InvalidCiphertextException", None):
            kms.decrypt(CiphertextBlob=blob)

    @pytest.mark.parametrize("how", [{}, {"KeySpec": "AES_256", "NumberOfBytes": 32}])
    def test_one_of_spec_and_size_is_needed_and_not_both(self, kms, how):
        with refused("ValidationException", NEITHER_OR_BOTH):
            self.generate(kms, KeyId=kms.key().id, **how)
        # After the key is found, before its state.
        with refused("NotFoundException", kms.no_key(UNKNOWN_KEY)):
            self.generate(kms, KeyId=UNKNOWN_KEY, **how)
        with refused("ValidationException", NEITHER_OR_BOTH):
            self.generate(kms, KeyId=kms.key("Disabled").id, **how)

    def test_an_asymmetric_key_has_no_data_keys(self, kms):
        """Said after the state, and after which of spec and size were given."""
        key = kms.key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")
        with refused("ValidationException", NEITHER_OR_BOTH):
            self.generate(kms, KeyId=key.id)
        with refused(
            "InvalidKeyUsageException", "You cannot generate a data key with an asymmetric CMK"
        ):
            self.call(kms, key.id, None)
        kms.disable_key(KeyId=key.id)
        with refused("DisabledException", f"{key.arn} is disabled."):
            self.call(kms, key.id, None)

    def test_the_constraints_of_the_parameters(self, kms):
        key = kms.key().id
        with invalid(null("keyId")):
            self.generate(kms)
        with invalid(bad("numberOfBytes", 0, value_at_least(1))):
            self.generate(kms, KeyId=key, NumberOfBytes=0)
        with invalid(bad("numberOfBytes", 1025, value_at_most(1024))):
            self.generate(kms, KeyId=key, NumberOfBytes=1025)
        # An oddity of AWS: the set that is told is of the specs of KMS keys.
        with invalid(
            null("keyId"),
            bad("keySpec", "AES_512", one_of_shape("KeySpec")),
            bad("numberOfBytes", 1025, value_at_most(1024)),
        ):
            self.generate(kms, KeySpec="AES_512", NumberOfBytes=1025)
