"""UpdateKeyDescription (operations.md §3.3.3)."""

from support import (
    IS_PENDING_DELETION,
    OK,
    KeyOnlyReference,
    KeyStates,
    at_most,
    bad,
    invalid,
    null,
)


class TestUpdateKeyDescription(KeyOnlyReference, KeyStates):
    states = {
        "Enabled": OK,
        "Disabled": OK,
        "PendingDeletion": IS_PENDING_DELETION,
        "PendingImport": OK,
    }

    def call(self, kms, key, given):
        return kms.update_key_description(KeyId=key, Description="new")


def test_the_description_changes_and_nothing_else(kms):
    key = kms.key(Description="before")
    for text in ("after", "", "Schlüssel 🔑", "d" * 8192):
        answer = kms.update_key_description(KeyId=key.id, Description=text)
        assert set(answer) == {"ResponseMetadata"}
        metadata = kms.describe_key(KeyId=key.id)["KeyMetadata"]
        assert metadata == key.metadata | {"Description": text}


def test_the_constraints_of_the_parameters(kms):
    with invalid(null("keyId"), null("description")):
        kms.update_key_description()
    with invalid(null("description")):
        kms.update_key_description(KeyId=kms.key().id)
    with invalid(bad("description", "d" * 8193, at_most(8192))):
        kms.update_key_description(KeyId=kms.key().id, Description="d" * 8193)
