"""TagResource (operations.md §3.9)."""

from concurrent.futures import ThreadPoolExecutor

from support import (
    IS_PENDING_DELETION,
    OK,
    KeyOnlyReference,
    KeyStates,
    invalid,
    null,
    pages,
    refused,
)
from tagging import TagRules, tag


class TestTagResource(KeyOnlyReference, KeyStates):
    states = {
        "Enabled": OK,
        "Disabled": OK,
        "PendingDeletion": IS_PENDING_DELETION,
        "PendingImport": OK,
    }

    def call(self, kms, key, given):
        return kms.tag_resource(KeyId=key, Tags=[tag("a", "b")])


class TestTags(TagRules):
    def tag(self, kms, tags):
        key = kms.key()
        answer = kms.tag_resource(KeyId=key.id, Tags=tags)
        assert set(answer) == {"ResponseMetadata"}
        return kms.list_resource_tags(KeyId=key.id)["Tags"]


def test_a_tag_that_is_there_gets_the_new_value_and_others_stay(kms):
    key = kms.key(Tags=[tag("a", "1"), tag("b", "2")])
    kms.tag_resource(KeyId=key.id, Tags=[tag("a", "changed"), tag("c", "3")])
    expected = [tag("a", "changed"), tag("b", "2"), tag("c", "3")]
    assert kms.list_resource_tags(KeyId=key.id)["Tags"] == expected


def test_the_limit_counts_what_is_there(kms):
    key = kms.key(Tags=[tag(f"k{number:02d}") for number in range(49)])
    with refused("TagException", "Too many tags"):
        kms.tag_resource(KeyId=key.id, Tags=[tag("x"), tag("y")])
    assert len(kms.list_resource_tags(KeyId=key.id)["Tags"]) == 49
    kms.tag_resource(KeyId=key.id, Tags=[tag("x"), tag("k00", "new value")])
    kms.tag_resource(KeyId=key.id, Tags=[tag(f"k{number:02d}", "v") for number in range(49)])
    with refused("TagException", "Too many tags"):
        kms.tag_resource(KeyId=key.id, Tags=[tag("z")])


def test_concurrent_taggers_lose_nothing(kms):
    key = kms.key()

    def add(number):
        kms.tag_resource(KeyId=key.id, Tags=[tag(f"k{number:02d}", str(number))])

    with ThreadPoolExecutor(10) as threads:
        list(threads.map(add, range(50)))
    listed = pages(kms, "list_resource_tags", "Tags", KeyId=key.id)
    assert sorted(listed, key=lambda item: item["TagKey"]) == [
        tag(f"k{number:02d}", str(number)) for number in range(50)
    ]


def test_the_parameters_are_required(kms):
    with invalid(null("keyId"), null("tags")):
        kms.tag_resource()
    with invalid(null("tags")):
        kms.tag_resource(KeyId=kms.key().id)
    key = kms.key()
    kms.tag_resource(KeyId=key.id, Tags=[])
    assert kms.list_resource_tags(KeyId=key.id)["Tags"] == []
