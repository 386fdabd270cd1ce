"""EnableKeyRotation (operations.md §3.7, §6.1)."""

import datetime

import pytest
from imports import imported, origin
from key_specs import SPECS
from support import (
    IS_DISABLED,
    IS_PENDING_DELETION,
    OK,
    KeyOnlyReference,
    KeyStates,
    bad,
    body_of,
    invalid,
    no_resource_policy,
    null,
    refused,
    value_at_least,
    value_at_most,
)

IS_EXTERNAL = origin("{arn}", "EXTERNAL")


class TestEnableKeyRotation(KeyOnlyReference, KeyStates):
    states = {
        "Enabled": OK,
        "Disabled": IS_DISABLED,
        "PendingDeletion": IS_PENDING_DELETION,
        "PendingImport": IS_EXTERNAL,
    }

    def call(self, kms, key, given):
        return kms.enable_key_rotation(KeyId=key)


@pytest.mark.parametrize(("asked", "days"), [({}, 365), *(({"RotationPeriodInDays": n}, n) for n in (90, 2560))])
def test_the_key_rotates_every_so_many_days_from_now_on(kms, asked, days):
    key = kms.key()
    answer = kms.enable_key_rotation(KeyId=key.id, **asked)
    assert set(answer) == {"ResponseMetadata"}
    status = kms.get_key_rotation_status(KeyId=key.id)
    assert status["RotationPeriodInDays"] == days
    ahead = status["NextRotationDate"] - datetime.datetime.now(datetime.UTC)
    assert abs(ahead - datetime.timedelta(days=days)) < datetime.timedelta(minutes=1)


def test_a_second_call_changes_the_period(kms):
    key = kms.key()
    kms.enable_key_rotation(KeyId=key.id, RotationPeriodInDays=90)
    kms.enable_key_rotation(KeyId=key.id, RotationPeriodInDays=180)
    assert kms.get_key_rotation_status(KeyId=key.id)["RotationPeriodInDays"] == 180
    kms.enable_key_rotation(KeyId=key.id)
    assert kms.get_key_rotation_status(KeyId=key.id)["RotationPeriodInDays"] == 365


def test_the_constraints_of_the_period(kms):
    key = kms.key("Disabled")
    for days, constraint in ((89, value_at_least(90)), (2561, value_at_most(2560))):
        with invalid(bad("rotationPeriodInDays", days, constraint)):
            kms.enable_key_rotation(KeyId=key.id, RotationPeriodInDays=days)


def test_imported_material_does_not_rotate_by_itself(kms):
    key, _ = imported(kms)
    code, message = IS_EXTERNAL
    with refused(code, message.format(arn=key.arn)):
        kms.enable_key_rotation(KeyId=key.id)


@pytest.mark.parametrize("spec", ["HMAC_256", "ECC_NIST_P256", "RSA_2048", "ML_DSA_44"])
def test_keys_that_never_rotate(kms, spec):
    (*_, usage) = SPECS[spec]
    key = kms.key(KeySpec=spec, KeyUsage=usage)
    with refused("UnsupportedOperationException", None):
        kms.enable_key_rotation(KeyId=key.id)
    with refused("UnsupportedOperationException", None):
        kms.rotate_key_on_demand(KeyId=key.id)
    kms.disable_key_rotation(KeyId=key.id)
    status = body_of(kms.get_key_rotation_status(KeyId=key.id))
    assert status == {"KeyId": key.arn, "KeyRotationEnabled": False}
    assert body_of(kms.list_key_rotations(KeyId=key.id)) == {"Rotations": [], "Truncated": False}
    for include in ("ALL_KEY_MATERIAL", "ROTATIONS_ONLY"):
        with refused("UnsupportedOperationException", None):
            kms.list_key_rotations(KeyId=key.id, IncludeKeyMaterial=include)
    # The state is told before the kind of key.
    kms.disable_key(KeyId=key.id)
    for call in (kms.enable_key_rotation, kms.disable_key_rotation, kms.rotate_key_on_demand):
        with refused("DisabledException", f"{key.arn} is disabled."):
            call(KeyId=key.id)
    kms.schedule_key_deletion(KeyId=key.id)
    for call in (kms.enable_key_rotation, kms.disable_key_rotation, kms.rotate_key_on_demand):
        with refused("KMSInvalidStateException", f"{key.arn} is pending deletion."):
            call(KeyId=key.id)


def test_nobody_sets_the_rotation_of_a_key_that_aws_manages(kms):
    arn = kms.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]["Arn"]
    with refused(
        "AccessDeniedException", no_resource_policy(kms.root, "kms:EnableKeyRotation", arn)
    ):
        kms.enable_key_rotation(KeyId=arn)


def test_the_key_id_is_required(kms):
    with invalid(null("keyId")):
        kms.enable_key_rotation()
