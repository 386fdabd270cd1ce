"""DeleteCustomKeyStore (operations.md §3.12; custody §4.8)."""

from key_stores import (
    UNKNOWN_STORE,
    external,
    external_key,
    external_store,
    in_state,
    no_store,
    settled,
)
from support import at_least, bad, body_of, invalid, null, refused


def test_name_and_address_are_free_again(owner, proxy):
    parameters = external("one")
    store = owner.create_custom_key_store(**parameters)["CustomKeyStoreId"]
    assert body_of(owner.delete_custom_key_store(CustomKeyStoreId=store)) == {}
    assert owner.describe_custom_key_stores()["CustomKeyStores"] == []
    with refused("CustomKeyStoreNotFoundException", no_store(store)):
        owner.delete_custom_key_store(CustomKeyStoreId=store)
    assert owner.create_custom_key_store(**parameters)["CustomKeyStoreId"] != store


def test_only_an_empty_store_that_is_disconnected(owner, proxy):
    store = external_store(owner)
    key = external_key(owner, store)
    with refused("CustomKeyStoreInvalidStateException", in_state(store, "CONNECTED")):
        owner.delete_custom_key_store(CustomKeyStoreId=store)
    owner.disconnect_custom_key_store(CustomKeyStoreId=store)
    for _ in range(2):
        message = f"Custom key store {store} contains KMS keys."
        with refused("CustomKeyStoreHasCMKsException", message):
            owner.delete_custom_key_store(CustomKeyStoreId=store)
        # Keys that are pending deletion count.
        if owner.state(key) != "PendingDeletion":
            owner.schedule_key_deletion(KeyId=key.id, PendingWindowInDays=7)


def test_a_store_that_failed_is_disconnected_first(owner, proxy):
    store = owner.create_custom_key_store(**external())["CustomKeyStoreId"]
    proxy.misbehave(health={"status": 403, "error": "AccessDeniedException"})
    owner.connect_custom_key_store(CustomKeyStoreId=store)
    assert settled(owner, store)["ConnectionState"] == "FAILED"
    with refused("CustomKeyStoreInvalidStateException", in_state(store, "FAILED")):
        owner.delete_custom_key_store(CustomKeyStoreId=store)
    owner.disconnect_custom_key_store(CustomKeyStoreId=store)
    owner.delete_custom_key_store(CustomKeyStoreId=store)


def test_a_store_that_is_not_there(kms):
    with refused("CustomKeyStoreNotFoundException", no_store(UNKNOWN_STORE)):
        kms.delete_custom_key_store(CustomKeyStoreId=UNKNOWN_STORE)


def test_the_constraints_of_the_parameters(kms):
    with invalid(null("customKeyStoreId")):
        kms.delete_custom_key_store()
    with invalid(bad("customKeyStoreId", "", at_least(1))):
        kms.delete_custom_key_store(CustomKeyStoreId="")
