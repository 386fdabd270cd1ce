"""DisconnectCustomKeyStore (operations.md §3.12; custody §4.8)."""

from key_stores import (
    UNKNOWN_STORE,
    connect,
    describe,
    external,
    external_key,
    external_store,
    in_state,
    no_store,
)
from support import at_most, bad, body_of, invalid, null, refused


def test_the_keys_are_unavailable_at_once(owner, proxy):
    store = external_store(owner)
    key, pending = external_key(owner, store), external_key(owner, store, "key-2")
    owner.schedule_key_deletion(KeyId=pending.id, PendingWindowInDays=7)
    blob = owner.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    proxy.requests()

    assert body_of(owner.disconnect_custom_key_store(CustomKeyStoreId=store)) == {}
    assert describe(owner, store)["ConnectionState"] == "DISCONNECTED"
    described = owner.describe_key(KeyId=key.id)["KeyMetadata"]
    assert (described["KeyState"], described["Enabled"]) == ("Unavailable", False)
    assert owner.state(pending) == "PendingDeletion"
    for use in (
        lambda: owner.encrypt(KeyId=key.id, Plaintext=b"x"),
        lambda: owner.decrypt(CiphertextBlob=blob),
        lambda: owner.generate_data_key(KeyId=key.id, KeySpec="AES_256"),
        lambda: owner.re_encrypt(CiphertextBlob=blob, DestinationKeyId=key.id),
    ):
        with refused("KMSInvalidStateException", f"{key.arn} is unavailable."):
            use()
    assert proxy.requests() == []

    # What the table allows in this state goes on.
    owner.disable_key(KeyId=key.id)
    owner.tag_resource(KeyId=key.id, Tags=[{"TagKey": "a", "TagValue": "b"}])
    owner.alias(key)
    assert owner.state(key) == "Unavailable"
    connect(owner, store)
    assert owner.state(key) == "Disabled"
    owner.enable_key(KeyId=key.id)
    assert owner.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def test_a_store_that_is_disconnected_is_refused(owner, proxy):
    store = owner.create_custom_key_store(**external())["CustomKeyStoreId"]
    with refused("CustomKeyStoreInvalidStateException", in_state(store, "DISCONNECTED")):
        owner.disconnect_custom_key_store(CustomKeyStoreId=store)


def test_a_store_that_is_not_there(kms):
    with refused("CustomKeyStoreNotFoundException", no_store(UNKNOWN_STORE)):
        kms.disconnect_custom_key_store(CustomKeyStoreId=UNKNOWN_STORE)


def test_the_constraints_of_the_parameters(kms):
    with invalid(null("customKeyStoreId")):
        kms.disconnect_custom_key_store()
    with invalid(bad("customKeyStoreId", "c" * 65, at_most(64))):
        kms.disconnect_custom_key_store(CustomKeyStoreId="c" * 65)
