"""GetKeyRotationStatus (operations.md §3.7, §6.1)."""

import datetime

from imports import imported, origin
from support import (
    NO_ALIASES_HERE,
    OK,
    UNKNOWN_KEY,
    KeyStates,
    body_of,
    hidden_from,
    invalid,
    null,
    refused,
)


class TestGetKeyRotationStatus(KeyStates):
    states = {
        "Enabled": OK,
        "Disabled": OK,
        "PendingDeletion": OK,
        "PendingImport": origin("{arn}", "EXTERNAL"),
    }

    def call(self, kms, key, given):
        return kms.get_key_rotation_status(KeyId=key)

    def test_a_key_is_named_by_id_or_arn(self, kms):
        for form in ("id", "arn"):
            self.call(kms, getattr(kms.key(), form), None)

    def test_aliases_are_refused_unseen(self, kms):
        for alias in (kms.alias(kms.key()), "alias/does-not-exist"):
            for reference in (alias, kms.alias_arn(alias)):
                with refused("InvalidArnException", NO_ALIASES_HERE):
                    self.call(kms, reference, None)

    def test_a_key_of_another_account_is_named_by_arn(self, kms, stranger):
        key = stranger.key()
        assert self.call(kms, key.arn, None)["KeyId"] == key.arn
        with refused("NotFoundException", kms.no_key(key.id)):
            self.call(kms, key.id, None)
        missing = kms.key_arn(UNKNOWN_KEY, account=stranger.account)
        with refused("AccessDeniedException", hidden_from(kms.root, self._action())):
            self.call(kms, missing, None)


def test_the_recorded_shapes(kms):
    key = kms.key()
    off = {"KeyId": key.arn, "KeyRotationEnabled": False}
    assert body_of(kms.get_key_rotation_status(KeyId=key.id)) == off
    kms.enable_key_rotation(KeyId=key.id)
    on = body_of(kms.get_key_rotation_status(KeyId=key.id))
    assert isinstance(on.pop("NextRotationDate"), datetime.datetime)
    assert on == {"KeyId": key.arn, "KeyRotationEnabled": True, "RotationPeriodInDays": 365}


def test_a_disabled_key_keeps_its_status_and_one_pending_deletion_reads_no(kms):
    key = kms.key()
    kms.enable_key_rotation(KeyId=key.id, RotationPeriodInDays=100)
    on = body_of(kms.get_key_rotation_status(KeyId=key.id))
    kms.disable_key(KeyId=key.id)
    assert body_of(kms.get_key_rotation_status(KeyId=key.id)) == on
    kms.schedule_key_deletion(KeyId=key.id)
    off = {"KeyId": key.arn, "KeyRotationEnabled": False}
    assert body_of(kms.get_key_rotation_status(KeyId=key.id)) == off
    kms.cancel_key_deletion(KeyId=key.id)
    assert body_of(kms.get_key_rotation_status(KeyId=key.id)) == on


def test_imported_material_has_no_status(kms):
    key, _ = imported(kms)
    code, message = origin(key.arn, "EXTERNAL")
    with refused(code, message):
        kms.get_key_rotation_status(KeyId=key.id)


def test_keys_that_aws_manages_rotate_every_year(kms):
    key = kms.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]["KeyId"]
    status = kms.get_key_rotation_status(KeyId=key)
    assert status["KeyRotationEnabled"] is True
    assert status["RotationPeriodInDays"] == 365


def test_the_key_id_is_required(kms):
    with invalid(null("keyId")):
        kms.get_key_rotation_status()
