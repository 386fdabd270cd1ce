"""ScheduleKeyDeletion (operations.md §3.4). Its end is in test_seeds_and_clock."""

import datetime

import pytest
from support import (
    IS_PENDING_DELETION,
    OK,
    KeyOnlyReference,
    KeyStates,
    bad,
    body_of,
    invalid,
    null,
    refused,
    value_at_least,
    value_at_most,
)


class TestScheduleKeyDeletion(KeyOnlyReference, KeyStates):
    states = {
        "Enabled": OK,
        "Disabled": OK,
        "PendingDeletion": IS_PENDING_DELETION,
        "PendingImport": OK,
    }

    def call(self, kms, key, given):
        return kms.schedule_key_deletion(KeyId=key)


@pytest.mark.parametrize(("window", "days"), [({}, 30)] + [({"PendingWindowInDays": n}, n) for n in (7, 8, 30)])
def test_the_answer_tells_when(kms, window, days):
    key = kms.key()
    now = datetime.datetime.now(datetime.UTC)
    answer = body_of(kms.schedule_key_deletion(KeyId=key.id, **window))
    date = answer.pop("DeletionDate")
    assert answer == {"KeyId": key.arn, "KeyState": "PendingDeletion", "PendingWindowInDays": days}
    assert abs(date - now - datetime.timedelta(days=days)) < datetime.timedelta(minutes=1)
    metadata = kms.describe_key(KeyId=key.id)["KeyMetadata"]
    assert metadata["KeyState"] == "PendingDeletion"
    assert metadata["DeletionDate"] == date


def test_a_multi_region_primary_without_replicas_waits_like_any_key(kms):
    key = kms.key(MultiRegion=True)
    answer = kms.schedule_key_deletion(KeyId=key.id, PendingWindowInDays=7)
    assert answer["KeyState"] == "PendingDeletion"
    assert "DeletionDate" in answer


def test_the_key_is_unusable_at_once(kms):
    key = kms.key()
    blob = kms.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    kms.schedule_key_deletion(KeyId=key.id)
    with refused("KMSInvalidStateException", f"{key.arn} is pending deletion."):
        kms.decrypt(CiphertextBlob=blob)


@pytest.mark.parametrize("days", [1, 6, 31, 365])
def test_the_waiting_period_is_seven_to_thirty_days(kms, days):
    key = kms.key()
    with refused("ValidationException", "PendingWindowInDays must be between 7 and 30"):
        kms.schedule_key_deletion(KeyId=key.id, PendingWindowInDays=days)
    assert kms.state(key) == "Enabled"


def test_the_constraints_of_the_parameters(kms):
    with invalid(null("keyId")):
        kms.schedule_key_deletion()
    for days, constraint in ((0, value_at_least(1)), (-7, value_at_least(1)), (366, value_at_most(365))):
        with invalid(bad("pendingWindowInDays", days, constraint)):
            kms.schedule_key_deletion(KeyId=kms.key().id, PendingWindowInDays=days)
    with invalid(null("keyId"), bad("pendingWindowInDays", 0, value_at_least(1))):
        kms.schedule_key_deletion(PendingWindowInDays=0)


def test_aliases_tags_and_policy_stay_until_the_end(kms):
    key = kms.key(Tags=[{"TagKey": "a", "TagValue": "b"}])
    name = kms.alias(key)
    kms.schedule_key_deletion(KeyId=key.id)
    assert kms.target(name) == key.id
    assert kms.list_resource_tags(KeyId=key.id)["Tags"]
    assert kms.get_key_policy(KeyId=key.id)["Policy"]
