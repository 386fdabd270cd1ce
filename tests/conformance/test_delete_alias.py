"""DeleteAlias (operations.md §3.2.4)."""

import pytest
from alias_rules import AliasNameRules
from support import body_of, fresh_name, last, refused


class TestNames(AliasNameRules):
    def name(self, kms, alias_name):
        return kms.delete_alias(**({} if alias_name is None else {"AliasName": alias_name}))


def test_the_answer_is_empty_and_the_alias_is_gone(kms):
    key = kms.key()
    name, other = kms.alias(key), kms.alias(key)
    answer = kms.delete_alias(AliasName=name)
    assert set(answer) == {"ResponseMetadata"}
    assert last.answer.body == b""
    assert kms.entry(name) is None
    assert kms.entry(name, KeyId=key.id) is None
    with refused("NotFoundException", kms.no_alias(name)):
        kms.encrypt(KeyId=name, Plaintext=b"x")
    # Only the alias was deleted.
    assert kms.target(other) == key.id
    assert body_of(kms.describe_key(KeyId=key.id))["KeyMetadata"] == key.metadata


def test_an_alias_that_is_missing_is_not_found(kms):
    missing = fresh_name("missing")
    with refused("NotFoundException", kms.no_alias(missing)):
        kms.delete_alias(AliasName=missing)
    name = kms.alias(kms.key())
    kms.delete_alias(AliasName=name)
    with refused("NotFoundException", kms.no_alias(name)):
        kms.delete_alias(AliasName=name)


@pytest.mark.parametrize("state", ["Enabled", "Disabled", "PendingDeletion", "PendingImport"])
def test_the_state_of_the_key_never_matters(kms, state):
    key = kms.key("PendingImport" if state == "PendingImport" else "Enabled")
    name = kms.alias(key)
    if state == "Disabled":
        kms.disable_key(KeyId=key.id)
    if state == "PendingDeletion":
        kms.schedule_key_deletion(KeyId=key.id)
    kms.delete_alias(AliasName=name)
    assert kms.entry(name) is None
    assert kms.state(key) == state


def test_a_deleted_name_can_be_given_again_at_once(kms):
    name = kms.alias(kms.key())
    first = kms.entry(name)["CreationDate"]
    kms.delete_alias(AliasName=name)
    key = kms.key()
    kms.create_alias(AliasName=name, TargetKeyId=key.id)
    assert kms.target(name) == key.id
    assert kms.entry(name)["CreationDate"] > first


def test_aliases_of_other_accounts_and_regions_stay(kms, stranger):
    name = fresh_name()
    for place in (kms, stranger, kms.at("eu-west-1")):
        place.alias(place.key(), name)
    kms.delete_alias(AliasName=name)
    assert stranger.entry(name)
    assert kms.at("eu-west-1").entry(name)
