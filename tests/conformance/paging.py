"""What is asked of every listing (operations.md §7)."""

import pytest
from support import (
    at_least,
    at_most,
    bad,
    invalid,
    matching,
    pages,
    refused,
    value_at_least,
    value_at_most,
)


class Listing:
    """Describe the listing in the class attributes and the four small methods."""

    operation = member = None
    default = maximum = None
    most = 120  # Items to fill in, where the listing can hold that many.

    def parameters(self, kms):
        return {}

    def fill(self, kms, count):
        """Makes `count` items."""
        raise NotImplementedError

    def name(self, item):
        """What the items are sorted by."""
        raise NotImplementedError

    def remove(self, kms, item):
        raise NotImplementedError

    def list(self, kms, **more):
        return getattr(kms, self.operation)(**self.parameters(kms), **more)

    def pages(self, kms, **more):
        return pages(kms, self.operation, self.member, **self.parameters(kms), **more)

    def names(self, items):
        return [self.name(item) for item in items]

    def test_the_range_of_limit(self, fresh):
        for value, constraint in (
            (0, value_at_least(1)),
            (-1, value_at_least(1)),
            (1001, value_at_most(1000)),
        ):
            with invalid(bad("limit", value, constraint)):
                self.list(fresh, Limit=value)

    def test_a_limit_above_the_maximum_is_capped_and_there_is_a_default(self, fresh):
        self.fill(fresh, self.most)
        for more, expected in (
            ({}, self.default),
            ({"Limit": self.maximum}, self.maximum),
            ({"Limit": 1000}, self.maximum),
            ({"Limit": 1}, 1),
        ):
            page = self.list(fresh, **more)
            assert len(page[self.member]) == min(expected, self.most)
            assert page["Truncated"] == (self.most > expected)
            assert ("NextMarker" in page) == page["Truncated"]

    @pytest.mark.parametrize("limit", [1, 3, 7, 20])
    def test_pages_of_any_size_show_everything_once_and_in_order(self, fresh, limit):
        self.fill(fresh, 20)
        names = self.names(self.pages(fresh, Limit=limit))
        assert len(names) == 20
        assert names == sorted(set(names))

    def test_a_page_that_ends_with_the_last_item_is_the_last(self, fresh):
        self.fill(fresh, 6)
        page = self.list(fresh, Limit=6)
        assert (len(page[self.member]), page["Truncated"]) == (6, False)
        page = self.list(fresh, Limit=3)
        page = self.list(fresh, Limit=3, Marker=page["NextMarker"])
        assert (len(page[self.member]), page["Truncated"]) == (3, False)

    def test_a_marker_says_where_to_go_on_and_can_be_used_again(self, fresh):
        self.fill(fresh, 10)
        whole = self.names(self.pages(fresh))
        marker = self.list(fresh, Limit=4)["NextMarker"]
        for limit in (2, 6, 2):
            page = self.list(fresh, Limit=limit, Marker=marker)
            assert self.names(page[self.member]) == whole[4 : 4 + limit]

    def test_items_deleted_between_pages_do_not_break_the_marker(self, fresh):
        self.fill(fresh, 12)
        everything = self.pages(fresh)
        page = self.list(fresh, Limit=4)
        # The last item shown and the next to be shown go away; others stay.
        for gone in everything[3:6]:
            self.remove(fresh, gone)
        rest = self.list(fresh, Limit=self.maximum, Marker=page["NextMarker"])
        assert self.names(rest[self.member]) == self.names(everything[6:])

    def test_a_marker_that_is_not_ours_is_refused_without_a_message(self, fresh):
        self.fill(fresh, 3)
        marker = self.list(fresh, Limit=1)["NextMarker"]
        forged = marker[:-2] + ("AA" if marker[-2:] != "AA" else "BB")
        for garbage in ("x", "AAAA", marker + "A", forged, marker[1:], "ä"):
            with refused("InvalidMarkerException", None):
                self.list(fresh, Marker=garbage)

    def test_a_marker_belongs_to_its_account_region_and_operation(self, fresh, stranger):
        self.fill(fresh, 3)
        marker = self.list(fresh, Limit=1)["NextMarker"]
        for place in (stranger, fresh.at("eu-west-1")):
            self.fill(place, 3)
            with refused("InvalidMarkerException", None):
                self.list(place, Marker=marker)
        other = "list_keys" if self.operation != "list_keys" else "list_aliases"
        with refused("InvalidMarkerException", None):
            getattr(fresh, other)(Marker=marker)

    def test_the_constraints_of_the_marker(self, fresh):
        with invalid(bad("marker", "", at_least(1))):
            self.list(fresh, Marker="")
        with invalid(bad("marker", "m" * 1025, at_most(1024))):
            self.list(fresh, Marker="m" * 1025)
        with invalid(bad("marker", "Ā", matching(r"[\u0020-\u00FF]*"))):
            self.list(fresh, Marker="Ā")
        with invalid(bad("limit", 0, value_at_least(1)), bad("marker", "", at_least(1))):
            self.list(fresh, Limit=0, Marker="")
