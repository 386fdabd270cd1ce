"""UntagResource (operations.md §3.9)."""

from support import (
    IS_PENDING_DELETION,
    OK,
    KeyOnlyReference,
    KeyStates,
    invalid,
    null,
    part,
    refused,
)
from tagging import tag


class TestUntagResource(KeyOnlyReference, KeyStates):
    states = {
        "Enabled": OK,
        "Disabled": OK,
        "PendingDeletion": IS_PENDING_DELETION,
        "PendingImport": OK,
    }

    def call(self, kms, key, given):
        return kms.untag_resource(KeyId=key, TagKeys=["a"])


def test_the_tags_named_go_and_unknown_names_do_no_harm(kms):
    key = kms.key(Tags=[tag("a", "1"), tag("A", "2"), tag("b", "3")])
    answer = kms.untag_resource(KeyId=key.id, TagKeys=["a", "unknown", "a"])
    assert set(answer) == {"ResponseMetadata"}
    assert kms.list_resource_tags(KeyId=key.id)["Tags"] == [tag("A", "2"), tag("b", "3")]
    kms.untag_resource(KeyId=key.id, TagKeys=["a"])
    kms.untag_resource(KeyId=key.id, TagKeys=[])
    assert len(kms.list_resource_tags(KeyId=key.id)["Tags"]) == 2


def test_what_went_makes_room(kms):
    key = kms.key(Tags=[tag(f"k{number:02d}") for number in range(50)])
    kms.untag_resource(KeyId=key.id, TagKeys=["k00"])
    kms.tag_resource(KeyId=key.id, Tags=[tag("new")])
    with refused("TagException", "Too many tags"):
        kms.tag_resource(KeyId=key.id, Tags=[tag("k00")])


def test_the_constraints_of_the_parameters(kms):
    with invalid(null("keyId"), null("tagKeys")):
        kms.untag_resource()
    with refused("ValidationException", part("Member must have length greater than or equal to 1")):
        kms.untag_resource(KeyId=kms.key().id, TagKeys=[""])
    with refused("ValidationException", part("Member must have length less than or equal to 128")):
        kms.untag_resource(KeyId=kms.key().id, TagKeys=["k" * 129])
