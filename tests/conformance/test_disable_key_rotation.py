"""DisableKeyRotation (operations.md §3.7, §6.1)."""

from imports import origin
from support import (
    IS_DISABLED,
    IS_PENDING_DELETION,
    OK,
    KeyOnlyReference,
    KeyStates,
    body_of,
    invalid,
    no_resource_policy,
    null,
    refused,
)


class TestDisableKeyRotation(KeyOnlyReference, KeyStates):
    states = {
        "Enabled": OK,
        "Disabled": IS_DISABLED,
        "PendingDeletion": IS_PENDING_DELETION,
        "PendingImport": origin("{arn}", "EXTERNAL"),
    }

    def call(self, kms, key, given):
        return kms.disable_key_rotation(KeyId=key)


def test_the_status_is_as_if_it_had_never_been_on(kms):
    key = kms.key()
    before = body_of(kms.get_key_rotation_status(KeyId=key.id))
    kms.enable_key_rotation(KeyId=key.id)
    for _ in range(2):
        answer = kms.disable_key_rotation(KeyId=key.id)
        assert set(answer) == {"ResponseMetadata"}
        assert body_of(kms.get_key_rotation_status(KeyId=key.id)) == before


def test_nobody_stops_the_rotation_of_a_key_that_aws_manages(kms):
    arn = kms.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]["Arn"]
    with refused(
        "AccessDeniedException", no_resource_policy(kms.root, "kms:DisableKeyRotation", arn)
    ):
        kms.disable_key_rotation(KeyId=arn)


def test_the_key_id_is_required(kms):
    with invalid(null("keyId")):
        kms.disable_key_rotation()
