"""ListRetirableGrants (operations.md §3.10 and §7, authorization.md §5.8)."""

import pytest
from grants import grant, user
from paging import Listing
from support import body_of, hidden_from, pages, part, refused


class TestPaging(Listing):
    operation, member, default, maximum = "list_retirable_grants", "Grants", 50, 100

    @pytest.fixture(autouse=True)
    def _keys(self):
        self.keys = {}

    def key(self, kms):
        """One key, so that the order is that of grant ids."""
        place = (kms.account, kms.region)
        if place not in self.keys:
            self.keys[place] = kms.key()
        return self.keys[place]

    def parameters(self, kms):
        return {"RetiringPrincipal": kms.root}

    def fill(self, kms, count):
        for _ in range(count):
            grant(kms, self.key(kms), RetiringPrincipal=kms.root)

    def name(self, item):
        return item["GrantId"]

    def remove(self, kms, item):
        kms.retire_grant(KeyId=item["KeyId"], GrantId=item["GrantId"])

    def test_a_marker_belongs_to_its_principal(self, fresh):
        self.fill(fresh, 3)
        marker = self.list(fresh, Limit=1)["NextMarker"]
        with refused("InvalidMarkerException", None):
            fresh.list_retirable_grants(RetiringPrincipal=user(fresh), Marker=marker)


def test_grants_on_keys_of_all_accounts_are_listed_in_their_region(fresh, stranger):
    own, theirs = [fresh.key() for _ in range(3)], stranger.key()
    bob = user(fresh)
    made = {grant(fresh, key, RetiringPrincipal=bob)["GrantId"]: key.arn for key in own}
    made[grant(stranger, theirs, RetiringPrincipal=bob)["GrantId"]] = theirs.arn
    # Not these: another principal, none, and another Region.
    grant(fresh, own[0], RetiringPrincipal=user(fresh, "bobby"))
    grant(fresh, own[0], GranteePrincipal=bob)
    away = fresh.at("eu-west-1")
    there = grant(away, away.key(), RetiringPrincipal=bob)["GrantId"]
    for limit in (1, 3, 50):
        listed = pages(
            fresh, "list_retirable_grants", "Grants", RetiringPrincipal=bob, Limit=limit
        )
        assert {item["GrantId"]: item["KeyId"] for item in listed} == made
        assert all(item["RetiringPrincipal"] == bob for item in listed)
    [item] = away.list_retirable_grants(RetiringPrincipal=bob)["Grants"]
    assert item["GrantId"] == there


def test_grants_that_a_service_may_retire_are_those_on_own_keys(fresh, stranger):
    service = {"RetiringServicePrincipal": "logs.amazonaws.com"}
    made = grant(fresh, fresh.key(), **service)["GrantId"]
    grant(stranger, stranger.key(), **service)
    [item] = fresh.list_retirable_grants(**service)["Grants"]
    assert item["GrantId"] == made
    assert item["RetiringServicePrincipal"] == "logs.amazonaws.com"
    assert "RetiringPrincipal" not in item


def test_nobody_retires_nothing(fresh):
    answer = body_of(fresh.list_retirable_grants(RetiringPrincipal=user(fresh, "nobody")))
    assert answer == {"Grants": [], "Truncated": False}


def test_exactly_one_principal_is_asked_about(kms):
    text = part("exactly one of RetiringPrincipal and RetiringServicePrincipal")
    with refused("ValidationException", text):
        kms.list_retirable_grants()
    with refused("ValidationException", text):
        kms.list_retirable_grants(
            RetiringPrincipal=kms.root, RetiringServicePrincipal="logs.amazonaws.com"
        )


def test_what_is_no_principal_is_refused(kms):
    for text in ("bob", "111122223333", f"arn:aws:iam::{kms.account}:group/admins"):
        with refused(
            "InvalidArnException", f"ARN does not refer to a valid principal: {text}"
        ):
            kms.list_retirable_grants(RetiringPrincipal=text)


def test_principals_of_other_accounts_are_hidden(kms, stranger):
    grant(stranger, stranger.key(), RetiringPrincipal=stranger.root)
    with refused("AccessDeniedException", hidden_from(kms.root, "kms:ListRetirableGrants")):
        kms.list_retirable_grants(RetiringPrincipal=stranger.root)
