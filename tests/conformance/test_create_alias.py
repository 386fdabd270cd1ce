"""CreateAlias (operations.md §3.2.2)."""

import time

import pytest
from alias_rules import AliasNameRules
from support import (
    IS_PENDING_DELETION,
    OK,
    UNKNOWN_KEY,
    KeyStates,
    OnAKey,
    bad,
    body_of,
    empty_key_id,
    fresh_name,
    hidden_from,
    invalid,
    last,
    matching,
    no_resource_policy,
    null,
    refused,
)


class TestCreateAlias(KeyStates, OnAKey):
    path = "targetKeyId"
    states = {
        "Enabled": OK,
        "Disabled": OK,
        "PendingDeletion": IS_PENDING_DELETION,
        "PendingImport": OK,
    }

    def call(self, kms, key, given):
        return kms.create_alias(AliasName=fresh_name(), TargetKeyId=key)


class TestNames(AliasNameRules):
    def name(self, kms, alias_name):
        named = {} if alias_name is None else {"AliasName": alias_name}
        return kms.create_alias(TargetKeyId=kms.key().id, **named)


def test_the_answer_is_empty(kms):
    answer = kms.create_alias(AliasName=fresh_name(), TargetKeyId=kms.key().id)
    assert set(answer) == {"ResponseMetadata"}
    assert last.answer.body == b""


def test_the_alias_is_listed_with_both_dates_now_and_the_bare_key_id(kms):
    key = kms.key()
    for target in (key.id, key.arn):
        before = time.time()
        name = fresh_name()
        kms.create_alias(AliasName=name, TargetKeyId=target)
        entry = kms.entry(name)
        assert set(entry) == {
            "AliasName", "AliasArn", "TargetKeyId", "CreationDate", "LastUpdatedDate",
        }  # fmt: skip
        assert entry["AliasName"] == name
        assert entry["AliasArn"] == kms.alias_arn(name)
        assert entry["TargetKeyId"] == key.id
        assert entry["CreationDate"] == entry["LastUpdatedDate"]
        assert before - 1 <= entry["CreationDate"].timestamp() <= time.time() + 1


@pytest.mark.parametrize(
    "name",
    ["alias/a/b/c", "alias/my-alias_/", "alias//", "alias/alias/x", "alias/AWS/x", "alias/awsome",
     "alias/aws", "alias/-", "alias/0123456789", "alias/" + "n" * 250],
)  # fmt: skip
def test_names_that_look_odd_and_are_fine(kms, name):
    key = kms.key()
    kms.create_alias(AliasName=name, TargetKeyId=key.id)
    assert kms.describe_key(KeyId=name)["KeyMetadata"]["KeyId"] == key.id


def test_names_differ_by_letter_case(kms):
    one, other = kms.key(), kms.key()
    stem = fresh_name()
    kms.create_alias(AliasName=stem + "-Case", TargetKeyId=one.id)
    kms.create_alias(AliasName=stem + "-case", TargetKeyId=other.id)
    assert kms.target(stem + "-Case") == one.id
    assert kms.target(stem + "-case") == other.id


def test_all_violated_constraints_are_in_one_message(kms):
    with invalid(null("aliasName"), null("targetKeyId")):
        kms.create_alias()
    with invalid(null("targetKeyId")):
        kms.create_alias(AliasName="alias/x")
    with invalid(*empty_key_id("targetKeyId")):
        kms.create_alias(AliasName="alias/x", TargetKeyId="")
    with invalid(
        bad("aliasName", "alias/?", matching("^[a-zA-Z0-9:/_-]+$")), *empty_key_id("targetKeyId")
    ):
        kms.create_alias(AliasName="alias/?", TargetKeyId="")


def test_an_alias_is_no_target(kms):
    known = kms.alias(kms.key())
    for target in (known, kms.alias_arn(known), "alias/unknown", "alias/aws/s3"):
        with refused("ValidationException", "Aliases must refer to keys. Not aliases"):
            kms.create_alias(AliasName=fresh_name(), TargetKeyId=target)


def test_an_alias_that_exists_stays_as_it_is_even_for_the_same_target(kms):
    key, other = kms.key(), kms.key()
    name = kms.alias(key)
    before = kms.entry(name)
    for target in (key.id, key.arn, other.id):
        with refused(
            "AlreadyExistsException", f"An alias with the name {kms.alias_arn(name)} already exists"
        ):
            kms.create_alias(AliasName=name, TargetKeyId=target)
    assert kms.entry(name) == before


def test_a_key_of_another_account_is_no_target_whether_it_exists_or_not(kms, stranger):
    for arn in (stranger.key().arn, kms.key_arn(UNKNOWN_KEY, account=stranger.account)):
        with refused("AccessDeniedException", hidden_from(kms.root, "kms:CreateAlias")):
            kms.create_alias(AliasName=fresh_name(), TargetKeyId=arn)


def test_a_key_managed_by_aws_is_no_target(kms):
    managed = kms.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]["Arn"]
    with refused(
        "AccessDeniedException", no_resource_policy(kms.root, "kms:CreateAlias", managed)
    ):
        kms.create_alias(AliasName=fresh_name(), TargetKeyId=managed)


def test_a_key_has_at_most_fifty_aliases(fresh):
    key, other = fresh.key(), fresh.key()
    names = [fresh.alias(key) for _ in range(50)]
    full = "Aliases per key quota for this account in this region is 50, current usage is 50."
    with refused("LimitExceededException", full):
        fresh.create_alias(AliasName=fresh_name(), TargetKeyId=key.id)
    # The quota is the key's, and what is deleted no longer counts.
    fresh.alias(other)
    fresh.delete_alias(AliasName=names.pop())
    fresh.alias(key)
    with refused("LimitExceededException", full):
        fresh.create_alias(AliasName=fresh_name(), TargetKeyId=key.id)


def test_the_same_name_lives_in_every_account_and_region(kms, stranger):
    name = fresh_name()
    elsewhere = kms.at("eu-west-1")
    keys = {place: place.key() for place in (kms, stranger, elsewhere)}
    for place, key in keys.items():
        place.create_alias(AliasName=name, TargetKeyId=key.id)
    for place, key in keys.items():
        assert place.entry(name)["AliasArn"] == place.alias_arn(name)
        assert place.describe_key(KeyId=name)["KeyMetadata"]["Arn"] == key.arn


# The order of the checks: constraints, name, target, state of the target, existing alias, quota.


def test_constraints_come_before_the_rules_of_names(kms):
    with invalid(null("targetKeyId")):
        kms.create_alias(AliasName="no-prefix")


def test_rules_of_names_come_before_the_target(kms):
    with refused("NotAuthorizedException", None):
        kms.create_alias(AliasName="alias/aws/x", TargetKeyId=UNKNOWN_KEY)
    with refused("ValidationException", "Invalid identifier"):
        kms.create_alias(AliasName="alias/", TargetKeyId="foo")


def test_the_target_comes_before_the_existing_alias(kms):
    name = kms.alias(kms.key())
    with refused("NotFoundException", kms.no_key(UNKNOWN_KEY)):
        kms.create_alias(AliasName=name, TargetKeyId=UNKNOWN_KEY)
    pending = kms.key("PendingDeletion")
    with refused("KMSInvalidStateException", f"{pending.arn} is pending deletion."):
        kms.create_alias(AliasName=name, TargetKeyId=pending.id)


def test_the_existing_alias_comes_before_the_quota(fresh):
    key = fresh.key()
    names = [fresh.alias(key) for _ in range(50)]
    with refused("AlreadyExistsException"):
        fresh.create_alias(AliasName=names[0], TargetKeyId=key.id)


def test_the_key_does_not_change(kms):
    key = kms.key(Description="as it was")
    kms.alias(key)
    assert body_of(kms.describe_key(KeyId=key.id))["KeyMetadata"] == key.metadata
