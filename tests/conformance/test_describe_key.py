"""DescribeKey (operations.md §3.3.1)."""

import datetime

from support import AnyKeyReference, GrantTokens, WorksInAllStates, body_of, invalid, null, refused


class TestDescribeKey(AnyKeyReference, WorksInAllStates, GrantTokens):
    def call(self, kms, key, given, **more):
        return kms.describe_key(KeyId=key, **more)


def test_the_answer_is_the_metadata_that_create_key_gave(kms):
    for key in (kms.key(), kms.key("PendingImport"), kms.key(MultiRegion=True, Description="d")):
        assert body_of(kms.describe_key(KeyId=key.id)) == {"KeyMetadata": key.metadata}


def test_the_key_id_is_required(kms):
    with invalid(null("keyId")):
        kms.describe_key()


def test_a_disabled_key_says_so_and_nothing_else_changes(kms):
    key = kms.key("Disabled")
    metadata = kms.describe_key(KeyId=key.id)["KeyMetadata"]
    assert metadata == key.metadata | {"Enabled": False, "KeyState": "Disabled"}


def test_a_key_pending_deletion_tells_the_date(kms):
    key = kms.key("PendingDeletion")
    metadata = kms.describe_key(KeyId=key.id)["KeyMetadata"]
    date = metadata.pop("DeletionDate")
    assert metadata == key.metadata | {"Enabled": False, "KeyState": "PendingDeletion"}
    seven_days = datetime.timedelta(days=7)
    assert abs(date - key.metadata["CreationDate"] - seven_days) < datetime.timedelta(minutes=1)


def test_aliases_tags_and_policy_are_not_told(kms):
    key = kms.key(Tags=[{"TagKey": "a", "TagValue": "b"}])
    before = set(kms.describe_key(KeyId=key.id)["KeyMetadata"])
    kms.alias(key)
    assert set(kms.describe_key(KeyId=key.id)["KeyMetadata"]) == before


def test_what_only_begins_like_an_arn_is_none(kms):
    with refused("InvalidArnException", "Invalid arn arn:aws:kms"):
        kms.describe_key(KeyId="arn:aws:kms")


def test_a_multi_region_key_is_unknown_where_it_has_no_replica(kms):
    key, elsewhere = kms.key(MultiRegion=True), kms.at("eu-west-1")
    with refused("NotFoundException", elsewhere.no_key(key.id)):
        elsewhere.describe_key(KeyId=key.id)
    with refused("NotFoundException", f"Invalid arn {kms.region}"):
        elsewhere.describe_key(KeyId=key.arn)
