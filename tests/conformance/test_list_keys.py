"""ListKeys (operations.md §3.13 and §7)."""

import threading

from paging import Listing
from support import body_of, pages, refused


class TestPaging(Listing):
    operation, member, default, maximum = "list_keys", "Keys", 100, 1000

    def fill(self, kms, count):
        for _ in range(count):
            kms.key()

    def name(self, item):
        return item["KeyId"]

    def remove(self, kms, item):
        # Deletion takes seven days; a key that only waits for it is still listed, so the
        # listing is asked for what it must show in any case.
        kms.schedule_key_deletion(KeyId=item["KeyId"])

    def test_items_deleted_between_pages_do_not_break_the_marker(self, fresh):
        """See test_seeds_and_clock, where time moves and keys are gone."""
        self.fill(fresh, 12)
        everything = self.pages(fresh)
        page = self.list(fresh, Limit=4)
        for waiting in everything[3:6]:
            self.remove(fresh, waiting)
        rest = self.list(fresh, Marker=page["NextMarker"])
        assert rest["Keys"] == everything[4:]


def test_an_account_without_keys_has_an_empty_list(fresh):
    assert body_of(fresh.list_keys()) == {"Keys": [], "Truncated": False}


def test_each_entry_is_the_bare_id_and_the_arn(fresh):
    key = fresh.key()
    assert fresh.list_keys()["Keys"] == [{"KeyId": key.id, "KeyArn": key.arn}]


def test_keys_of_all_states_and_kinds_are_listed(fresh):
    states = ["Enabled", "Disabled", "PendingDeletion", "PendingImport"]
    made = {fresh.key(state).id for state in states} | {fresh.key(MultiRegion=True).id}
    made.add(fresh.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]["KeyId"])
    assert {key["KeyId"] for key in fresh.list_keys()["Keys"]} == made


def test_accounts_and_regions_see_their_own(fresh, stranger):
    key, other = fresh.key(), stranger.key()
    assert [entry["KeyId"] for entry in fresh.list_keys()["Keys"]] == [key.id]
    assert fresh.at("eu-west-1").list_keys()["Keys"] == []
    assert other.id in [entry["KeyId"] for entry in pages(stranger, "list_keys", "Keys")]


def test_the_owners_of_resources(fresh):
    key = fresh.key()
    own = [{"KeyId": key.id, "KeyArn": key.arn}]
    for owners in (["SELF"], ["SELF", "OTHER_ACCOUNTS_VIA_RAM"]):
        assert pages(fresh, "list_keys", "Keys", ResourceOwners=owners) == own
    assert pages(fresh, "list_keys", "Keys", ResourceOwners=["OTHER_ACCOUNTS_VIA_RAM"]) == []


def test_a_marker_belongs_to_its_owners(fresh):
    fresh.key(), fresh.key()
    marker = fresh.list_keys(Limit=1, ResourceOwners=["SELF"])["NextMarker"]
    with refused("InvalidMarkerException", None):
        fresh.list_keys(Marker=marker, ResourceOwners=["SELF", "OTHER_ACCOUNTS_VIA_RAM"])


def test_the_constraints_of_the_owners(fresh):
    with refused("ValidationException"):
        fresh.list_keys(ResourceOwners=[])
    with refused("ValidationException"):
        fresh.list_keys(ResourceOwners=["SELF"] * 3)
    with refused("ValidationException") as caught:
        fresh.list_keys(ResourceOwners=["NOBODY"])
    assert "at 'resourceOwners' failed to satisfy constraint" in str(caught.value)


def test_every_key_that_was_there_is_listed_once_while_others_are_made(fresh):
    stay = {fresh.key().id for _ in range(60)}
    stop = threading.Event()
    client = fresh.server.client(fresh.account, fresh.region)

    def churn():
        while not stop.is_set():
            client.create_key()

    thread = threading.Thread(target=churn)
    thread.start()
    try:
        for limit in (3, 10, 100):
            ids = [key["KeyId"] for key in pages(fresh, "list_keys", "Keys", Limit=limit)]
            assert ids == sorted(set(ids))
            assert stay <= set(ids)
    finally:
        stop.set()
        thread.join()
