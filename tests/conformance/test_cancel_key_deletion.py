"""CancelKeyDeletion (operations.md §3.4)."""

from support import (
    IS_NOT_PENDING_DELETION,
    OK,
    KeyOnlyReference,
    KeyStates,
    body_of,
    invalid,
    null,
)


class TestCancelKeyDeletion(KeyStates, KeyOnlyReference):
    states = {
        "Enabled": IS_NOT_PENDING_DELETION,
        "Disabled": IS_NOT_PENDING_DELETION,
        "PendingDeletion": OK,
        "PendingImport": IS_NOT_PENDING_DELETION,
    }

    def call(self, kms, key, given):
        return kms.cancel_key_deletion(KeyId=key)

    def test_a_key_is_named_by_id_or_arn(self, kms):
        for form in ("id", "arn"):
            self.call(kms, getattr(kms.key("PendingDeletion"), form), None)


def test_the_answer_is_the_arn_and_the_key_is_disabled(kms):
    for form in ("id", "arn"):
        key = kms.key("PendingDeletion")
        assert body_of(kms.cancel_key_deletion(KeyId=getattr(key, form))) == {"KeyId": key.arn}
        metadata = kms.describe_key(KeyId=key.id)["KeyMetadata"]
        # Disabled, not Enabled, and without a date.
        assert metadata == key.metadata | {"Enabled": False, "KeyState": "Disabled"}


def test_what_the_key_encrypted_can_be_had_again(kms):
    key = kms.key()
    name = kms.alias(key)
    blob = kms.encrypt(KeyId=name, Plaintext=b"x")["CiphertextBlob"]
    kms.schedule_key_deletion(KeyId=key.id)
    kms.cancel_key_deletion(KeyId=key.id)
    kms.enable_key(KeyId=key.id)
    assert kms.decrypt(CiphertextBlob=blob, KeyId=name)["Plaintext"] == b"x"


def test_a_key_that_was_disabled_is_disabled_again(kms):
    key = kms.key("Disabled")
    kms.schedule_key_deletion(KeyId=key.id)
    kms.cancel_key_deletion(KeyId=key.id)
    assert kms.state(key) == "Disabled"


def test_a_key_without_material_waits_for_it_again(kms):
    key = kms.key("PendingImport")
    kms.schedule_key_deletion(KeyId=key.id)
    kms.cancel_key_deletion(KeyId=key.id)
    assert kms.describe_key(KeyId=key.id)["KeyMetadata"] == key.metadata


def test_the_key_id_is_required(kms):
    with invalid(null("keyId")):
        kms.cancel_key_deletion()
