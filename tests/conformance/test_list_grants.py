"""ListGrants (operations.md §3.10 and §7)."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from grants import grant, user
from paging import Listing
from support import (
    KeyOnlyOfAnyAccount,
    WorksInAllStates,
    at_least,
    at_most,
    bad,
    body_of,
    invalid,
    null,
    pages,
    part,
    refused,
)


class TestListGrants(KeyOnlyOfAnyAccount, WorksInAllStates):
    def call(self, kms, key, given):
        return kms.list_grants(KeyId=key)


class TestPaging(Listing):
    operation, member, default, maximum = "list_grants", "Grants", 50, 100

    @pytest.fixture(autouse=True)
    def _keys(self):
        self.keys = {}

    def key(self, kms):
        place = (kms.account, kms.region)
        if place not in self.keys:
            self.keys[place] = kms.key()
        return self.keys[place]

    def parameters(self, kms):
        return {"KeyId": self.key(kms).id}

    def fill(self, kms, count):
        for _ in range(count):
            grant(kms, self.key(kms))

    def name(self, item):
        return item["GrantId"]

    def remove(self, kms, item):
        kms.revoke_grant(KeyId=self.key(kms).id, GrantId=item["GrantId"])

    def test_a_marker_belongs_to_its_key_and_filter(self, fresh):
        self.fill(fresh, 3)
        other = fresh.key()
        for _ in range(3):
            grant(fresh, other)
        key = {"KeyId": self.key(fresh).id}
        filtered = key | {"GranteePrincipal": user(fresh)}
        for made_with in (key, filtered):
            marker = fresh.list_grants(Limit=1, **made_with)["NextMarker"]
            for used_with in (key, filtered, {"KeyId": other.id}):
                if used_with == made_with:
                    fresh.list_grants(Marker=marker, **used_with)
                    continue
                with refused("InvalidMarkerException", None):
                    fresh.list_grants(Marker=marker, **used_with)
            one = fresh.list_grants(**key)["Grants"][0]["GrantId"]
            with refused("InvalidMarkerException", None):
                fresh.list_grants(Marker=marker, GrantId=one, **key)


def test_a_key_without_grants_has_an_empty_list(kms):
    grant(kms, kms.key())
    assert body_of(kms.list_grants(KeyId=kms.key().id)) == {"Grants": [], "Truncated": False}


def test_the_filters_show_one_grant_or_those_of_one_grantee(kms):
    key = kms.key()
    names = ["a", "ab", "a/b", "team/a"]
    made = {
        name: [grant(kms, key, GranteePrincipal=user(kms, name))["GrantId"] for _ in range(3)]
        for name in names
    }
    for name, ids in made.items():
        for limit in (1, 2, 50):
            listed = pages(
                kms, "list_grants", "Grants",
                KeyId=key.id, GranteePrincipal=user(kms, name), Limit=limit,
            )  # fmt: skip
            assert [item["GrantId"] for item in listed] == sorted(ids)
        for grant_id in ids:
            [item] = kms.list_grants(KeyId=key.id, GrantId=grant_id)["Grants"]
            assert (item["GrantId"], item["GranteePrincipal"]) == (grant_id, user(kms, name))
    one = {"KeyId": key.id, "GrantId": made["a"][0]}
    assert len(kms.list_grants(GranteePrincipal=user(kms, "a"), **one)["Grants"]) == 1
    assert kms.list_grants(GranteePrincipal=user(kms, "ab"), **one)["Grants"] == []


def test_what_matches_nothing_lists_nothing(kms):
    key, other = kms.key(), kms.key()
    elsewhere = grant(kms, other)["GrantId"]
    for filters in (
        {"GrantId": "0" * 64}, {"GrantId": elsewhere}, {"GranteePrincipal": user(kms, "nobody")},
        {"GranteePrincipal": "AROAEXAMPLEEXAMPLE123"},
    ):  # fmt: skip
        answer = body_of(kms.list_grants(KeyId=key.id, **filters))
        assert answer == {"Grants": [], "Truncated": False}


def test_a_malformed_grant_id_is_refused_without_a_message(kms):
    key = kms.key()
    for grant_id in ("x", "0" * 63, "0" * 128, "A" * 64, "g" * 64):
        with refused("InvalidGrantIdException", None):
            kms.list_grants(KeyId=key.id, GrantId=grant_id)
    with invalid(bad("grantId", "", at_least(1))):
        kms.list_grants(KeyId=key.id, GrantId="")
    with invalid(bad("grantId", "0" * 129, at_most(128))):
        kms.list_grants(KeyId=key.id, GrantId="0" * 129)


def test_the_filter_for_services_is_for_services(kms):
    with refused("ValidationException", part("GranteeServicePrincipal")):
        kms.list_grants(KeyId=kms.key().id, GranteeServicePrincipal="logs.amazonaws.com")


def test_the_key_id_is_required(kms):
    with invalid(null("keyId")):
        kms.list_grants()


@pytest.mark.timeout(180)
def test_thousands_of_grants_are_listed_while_others_come_and_go(fresh):
    """What was there all the time is listed exactly once; what comes and goes at most once."""
    key = fresh.key()
    with ThreadPoolExecutor(16) as pool:
        staying = list(pool.map(lambda _: grant(fresh, key)["GrantId"], range(2500)))

        def come_and_go(_):
            made = grant(fresh, key, GranteePrincipal=user(fresh, "eve"))["GrantId"]
            fresh.revoke_grant(KeyId=key.id, GrantId=made)

        churn = pool.map(come_and_go, range(300))
        listed = pages(fresh, "list_grants", "Grants", KeyId=key.id, Limit=100)
        of_bob = pages(
            fresh, "list_grants", "Grants",
            KeyId=key.id, Limit=100, GranteePrincipal=user(fresh),
        )  # fmt: skip
        list(churn)
    ids = [item["GrantId"] for item in listed]
    assert ids == sorted(set(ids))
    assert set(staying) <= set(ids)
    assert [item["GrantId"] for item in of_bob] == sorted(staying)
    after = [item["GrantId"] for item in pages(fresh, "list_grants", "Grants", KeyId=key.id)]
    assert after == sorted(staying)
