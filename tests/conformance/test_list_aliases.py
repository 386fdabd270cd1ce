"""ListAliases (operations.md §3.2.5 and §7)."""

import threading

import pytest
from paging import Listing
from support import (
    KeyOnlyReference,
    WorksInAllStates,
    body_of,
    fresh_name,
    pages,
    refused,
)


class TestListAliases(KeyOnlyReference, WorksInAllStates):
    def call(self, kms, key, given):
        return kms.list_aliases(KeyId=key)


class TestPaging(Listing):
    operation, member, default, maximum = "list_aliases", "Aliases", 50, 100

    def fill(self, kms, count):
        key = None
        for number in range(count):
            if number % 50 == 0:
                key = kms.key()
            kms.alias(key, f"alias/n{number:04d}")

    def name(self, item):
        return item["AliasName"]

    def remove(self, kms, item):
        kms.delete_alias(AliasName=item["AliasName"])

    def add(self, kms, name):
        kms.alias(kms.key(), name)


def test_an_account_without_aliases_has_an_empty_list(fresh):
    assert body_of(fresh.list_aliases()) == {"Aliases": [], "Truncated": False}


def test_a_key_without_aliases_has_an_empty_list(fresh):
    fresh.alias(fresh.key())
    assert body_of(fresh.list_aliases(KeyId=fresh.key().id)) == {"Aliases": [], "Truncated": False}


def test_aliases_come_in_the_order_of_their_names(fresh):
    key = fresh.key()
    names = ["alias/b", "alias/a", "alias/B", "alias/a/b", "alias/a-b", "alias/10", "alias/9"]
    for name in names:
        fresh.alias(key, name)
    for filters in ({}, {"KeyId": key.id}):
        listed = [entry["AliasName"] for entry in fresh.list_aliases(**filters)["Aliases"]]
        assert listed == sorted(names)


def test_the_filter_shows_the_aliases_of_one_key_only(fresh):
    one, other = fresh.key(), fresh.key()
    names = {key.id: {fresh.alias(key) for _ in range(5)} for key in (one, other)}
    for key in (one, other):
        for form in (key.id, key.arn):
            entries = fresh.list_aliases(KeyId=form)["Aliases"]
            assert {entry["AliasName"] for entry in entries} == names[key.id]
            assert {entry["TargetKeyId"] for entry in entries} == {key.id}
    assert len(fresh.list_aliases()["Aliases"]) == 10


def test_pages_of_one_keys_aliases_are_that_keys_only(fresh):
    one, other = fresh.key(), fresh.key()
    names = sorted(fresh.alias(one) for _ in range(12))
    for _ in range(12):
        fresh.alias(other)
    listed = pages(fresh, "list_aliases", "Aliases", KeyId=one.id, Limit=5)
    assert [entry["AliasName"] for entry in listed] == names


def test_a_marker_belongs_to_its_filter(fresh):
    key, other = fresh.key(), fresh.key()
    for _ in range(3):
        fresh.alias(key)
        fresh.alias(other)
    for made_with in ({}, {"KeyId": key.id}):
        marker = fresh.list_aliases(Limit=1, **made_with)["NextMarker"]
        for used_with in ({}, {"KeyId": key.id}, {"KeyId": other.id}):
            if used_with == made_with:
                fresh.list_aliases(Marker=marker, **used_with)
                continue
            with refused("InvalidMarkerException", None):
                fresh.list_aliases(Marker=marker, **used_with)


def test_accounts_and_regions_see_their_own(fresh, stranger):
    here, there = fresh.alias(fresh.key()), fresh.at("eu-west-1")
    elsewhere = there.alias(there.key())
    other = stranger.alias(stranger.key())
    assert [entry["AliasName"] for entry in fresh.list_aliases()["Aliases"]] == [here]
    assert [entry["AliasName"] for entry in there.list_aliases()["Aliases"]] == [elsewhere]
    assert stranger.entry(other)
    assert stranger.entry(here) is None


def test_a_moved_alias_is_listed_with_its_new_key_only(fresh):
    one, other = fresh.key(), fresh.key()
    name = fresh.alias(one)
    fresh.update_alias(AliasName=name, TargetKeyId=other.id)
    assert fresh.list_aliases(KeyId=one.id)["Aliases"] == []
    assert [entry["AliasName"] for entry in fresh.list_aliases(KeyId=other.id)["Aliases"]] == [name]
    assert len(fresh.list_aliases()["Aliases"]) == 1


@pytest.mark.timeout(120)
def test_every_alias_that_stays_is_listed_once_while_others_come_and_go(fresh):
    """Pages are read while two threads create and delete aliases on all sides of the marker."""
    stay = []
    for _ in range(3):
        key = fresh.key()
        stay += [fresh.alias(key, fresh_name("stay")) for _ in range(40)]
    stop = threading.Event()
    client = fresh.server.client(fresh.account, fresh.region)
    faults = []

    def churn():
        key = fresh.key()
        try:
            while not stop.is_set():
                names = [fresh_name("go"), fresh_name("zz"), fresh_name("aa")]
                for name in names:
                    client.create_alias(AliasName=name, TargetKeyId=key.id)
                for name in names:
                    client.delete_alias(AliasName=name)
        except Exception as fault:  # noqa: BLE001 - shown by the test's own thread
            faults.append(fault)

    threads = [threading.Thread(target=churn) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for limit in (1, 7, 50, 100) * 3:
            names = [e["AliasName"] for e in pages(fresh, "list_aliases", "Aliases", Limit=limit)]
            assert names == sorted(names)
            assert len(names) == len(set(names))
            assert [name for name in names if name.startswith("alias/stay")] == sorted(stay)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert not faults
