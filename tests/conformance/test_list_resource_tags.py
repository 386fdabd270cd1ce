"""ListResourceTags (operations.md §3.9 and §7)."""

import pytest
from paging import Listing
from support import KeyOnlyReference, WorksInAllStates, body_of, invalid, null, refused
from tagging import tag


class TestListResourceTags(KeyOnlyReference, WorksInAllStates):
    def call(self, kms, key, given):
        return kms.list_resource_tags(KeyId=key)


class TestPaging(Listing):
    operation, member, default, maximum, most = "list_resource_tags", "Tags", 50, 50, 50

    @pytest.fixture(autouse=True)
    def _keys(self):
        self.keys = {}

    def key(self, kms):
        place = (kms.account, kms.region)
        if place not in self.keys:
            self.keys[place] = kms.key().id
        return self.keys[place]

    def parameters(self, kms):
        return {"KeyId": self.key(kms)}

    def fill(self, kms, count):
        tags = [tag(f"k{number:02d}", str(number)) for number in range(count)]
        kms.tag_resource(KeyId=self.key(kms), Tags=tags)

    def name(self, item):
        return item["TagKey"]

    def remove(self, kms, item):
        kms.untag_resource(KeyId=self.key(kms), TagKeys=[item["TagKey"]])

    def test_a_marker_belongs_to_its_key(self, fresh):
        self.fill(fresh, 3)
        marker = self.list(fresh, Limit=1)["NextMarker"]
        other = fresh.key(Tags=[tag("a"), tag("b")])
        with refused("InvalidMarkerException", None):
            fresh.list_resource_tags(KeyId=other.id, Marker=marker)


def test_a_key_without_tags_has_an_empty_list(kms):
    assert body_of(kms.list_resource_tags(KeyId=kms.key().id)) == {"Tags": [], "Truncated": False}


def test_tags_come_in_the_order_of_their_keys(kms):
    tags = [tag(key, "v") for key in ("b", "a", "B", "10", "9", "ä")]
    key = kms.key(Tags=tags)
    listed = kms.list_resource_tags(KeyId=key.id)["Tags"]
    assert listed == sorted(tags, key=lambda item: item["TagKey"].encode())


def test_the_key_id_is_required(kms):
    with invalid(null("keyId")):
        kms.list_resource_tags()
