"""EnableKey (operations.md §3.3.2)."""

from support import (
    IS_PENDING_DELETION,
    IS_PENDING_IMPORT,
    OK,
    KeyOnlyReference,
    KeyStates,
    invalid,
    null,
)


class TestEnableKey(KeyOnlyReference, KeyStates):
    states = {
        "Enabled": OK,
        "Disabled": OK,
        "PendingDeletion": IS_PENDING_DELETION,
        "PendingImport": IS_PENDING_IMPORT,
    }

    def call(self, kms, key, given):
        return kms.enable_key(KeyId=key)


def test_the_key_is_usable_again_at_once(kms):
    key = kms.key()
    blob = kms.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    kms.disable_key(KeyId=key.id)
    answer = kms.enable_key(KeyId=key.id)
    assert set(answer) == {"ResponseMetadata"}
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
    assert kms.describe_key(KeyId=key.id)["KeyMetadata"] == key.metadata


def test_enabling_twice_is_enabling(kms):
    key = kms.key("Disabled")
    for _ in range(2):
        kms.enable_key(KeyId=key.id)
        assert kms.state(key) == "Enabled"


def test_the_key_id_is_required(kms):
    with invalid(null("keyId")):
        kms.enable_key()
