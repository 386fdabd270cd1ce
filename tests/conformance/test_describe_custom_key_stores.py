"""DescribeCustomKeyStores (operations.md §3.12; custody §4.8)."""

import datetime

from key_stores import SECRET, UNKNOWN_STORE, external, no_store
from support import (
    at_least,
    bad,
    body_of,
    invalid,
    last,
    refused,
    value_at_least,
    value_at_most,
)


def test_one_store_by_id_or_name(owner, proxy):
    store = owner.create_custom_key_store(**external("ein Schlüssel"))["CustomKeyStoreId"]
    by_id = body_of(owner.describe_custom_key_stores(CustomKeyStoreId=store))
    assert by_id["Truncated"] is False
    assert "NextMarker" not in by_id
    [entry] = by_id["CustomKeyStores"]
    # The clock of the shared server may have been moved.
    age = owner.key().metadata["CreationDate"] - entry["CreationDate"]
    assert abs(age) < datetime.timedelta(minutes=5)
    by_name = body_of(owner.describe_custom_key_stores(CustomKeyStoreName="ein Schlüssel"))
    assert by_name == by_id
    assert SECRET.encode() not in last.answer.body


def test_an_account_has_its_own_stores(owner, proxy):
    assert body_of(owner.describe_custom_key_stores()) == {
        "CustomKeyStores": [],
        "Truncated": False,
    }
    owner.create_custom_key_store(**external())
    assert owner.at("eu-west-1").describe_custom_key_stores()["CustomKeyStores"] == []


def test_pages(owner, proxy):
    made = {
        owner.create_custom_key_store(**external(XksProxyUriPath=f"/p{at}/kms/xks/v1"))[
            "CustomKeyStoreId"
        ]
        for at in range(5)
    }
    listed, marker = [], {}
    while True:
        page = owner.describe_custom_key_stores(Limit=2, **marker)
        listed += [entry["CustomKeyStoreId"] for entry in page["CustomKeyStores"]]
        assert len(page["CustomKeyStores"]) <= 2
        assert page["Truncated"] == ("NextMarker" in page)
        if not page["Truncated"]:
            break
        marker = {"Marker": page["NextMarker"]}
    assert sorted(listed) == sorted(made) == listed
    for wrong in ("made up", marker["Marker"][:-2]):
        with refused("InvalidMarkerException", None):
            owner.describe_custom_key_stores(Marker=wrong)


def test_what_is_not_there(kms):
    with refused("CustomKeyStoreNotFoundException", no_store(UNKNOWN_STORE)):
        kms.describe_custom_key_stores(CustomKeyStoreId=UNKNOWN_STORE)
    message = "Custom key store with the name nothing does not exist."
    with refused("CustomKeyStoreNotFoundException", message):
        kms.describe_custom_key_stores(CustomKeyStoreName="nothing")


def test_not_both(kms):
    message = "You cannot specify CustomKeyStoreId and CustomKeyStoreName in the same request."
    with refused("ValidationException", message):
        kms.describe_custom_key_stores(CustomKeyStoreId=UNKNOWN_STORE, CustomKeyStoreName="n")


def test_the_constraints_of_the_parameters(kms):
    with invalid(
        bad("limit", 0, value_at_least(1)),
        bad("marker", "", at_least(1)),
        bad("customKeyStoreId", "", at_least(1)),
        bad("customKeyStoreName", "", at_least(1)),
    ):
        kms.describe_custom_key_stores(
            Limit=0, Marker="", CustomKeyStoreId="", CustomKeyStoreName=""
        )
    with invalid(bad("limit", 1001, value_at_most(1000))):
        kms.describe_custom_key_stores(Limit=1001)
