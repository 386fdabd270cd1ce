"""What is asked of every operation that sets tags (operations.md §3.9)."""

import pytest
from support import at_least, at_most, bad, invalid, null, refused


def tag(key, value=""):
    return {"TagKey": key, "TagValue": value}


class TagRules:
    """`tag(self, kms, tags)` sets the tags on an untagged key and returns the tags it then has."""

    def tag(self, kms, tags):
        raise NotImplementedError

    def test_tags_are_set(self, kms):
        tags = [tag("a", "1"), tag("b", ""), tag("c", "äöü 東京 +-=._:/@")]
        assert self.tag(kms, tags) == tags

    def test_tag_keys_differ_by_letter_case(self, kms):
        tags = [tag("Key", "1"), tag("key", "2")]
        assert self.tag(kms, tags) == tags

    def test_the_longest_tags(self, kms):
        tags = [tag("k" * 128, "v" * 256)]
        assert self.tag(kms, tags) == tags

    def test_fifty_tags_are_allowed_and_fifty_one_are_not(self, kms):
        tags = [tag(f"tag{number:02d}") for number in range(51)]
        assert self.tag(kms, tags[:50]) == tags[:50]
        with refused("TagException", "Too many tags"):
            self.tag(kms, tags)

    def test_a_key_is_given_twice(self, kms):
        with refused("TagException", "Duplicate tag keys"):
            self.tag(kms, [tag("a", "1"), tag("b"), tag("a", "2")])

    @pytest.mark.parametrize("prefix", ["aws:", "AWS:", "aWs:"])
    def test_keys_of_aws_are_reserved(self, kms, prefix):
        with refused("TagException", "Tags beginning with aws: are reserved"):
            self.tag(kms, [tag("fine"), tag(prefix + "x")])
        assert self.tag(kms, [tag("awsome"), tag("x", "aws:fine")])

    def test_the_constraints_of_tags(self, kms):
        with invalid(bad("tags.1.member.tagValue", "v" * 257, at_most(256))):
            self.tag(kms, [tag("k", "v" * 257)])
        with invalid(bad("tags.2.member.tagKey", "k" * 129, at_most(128))):
            self.tag(kms, [tag("a"), tag("k" * 129)])
        with invalid(
            bad("tags.1.member.tagKey", "", at_least(1)), null("tags.2.member.tagValue"),
            null("tags.3.member.tagKey"),
        ):  # fmt: skip
            self.tag(kms, [tag(""), {"TagKey": "a"}, {"TagValue": "b"}])
