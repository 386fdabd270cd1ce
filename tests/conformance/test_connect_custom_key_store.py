"""ConnectCustomKeyStore (operations.md §3.12; custody §4.5, §4.8)."""

import json

import pytest
from key_stores import (
    CLOSED,
    PATIENCE,
    UNKNOWN_STORE,
    VPC,
    VPC_SERVICE,
    connect,
    describe,
    external,
    in_state,
    no_store,
    settled,
)
from support import at_least, bad, body_of, invalid, journal, null, refused


@pytest.fixture
def store(owner, proxy):
    return owner.create_custom_key_store(**external())["CustomKeyStoreId"]


def test_it_answers_at_once_and_connects_later(outside, owner, proxy, store):
    proxy.behave()
    proxy.misbehave(health={"delay": 0.5})
    assert body_of(owner.connect_custom_key_store(CustomKeyStoreId=store)) == {}
    assert describe(owner, store)["ConnectionState"] == "CONNECTING"
    # Asking again changes nothing.
    owner.connect_custom_key_store(CustomKeyStoreId=store)
    entry = settled(owner, store)
    assert entry["ConnectionState"] == "CONNECTED"
    assert "ConnectionErrorCode" not in entry
    [asked] = proxy.requests()
    assert asked["body"]["requestMetadata"]["kmsOperation"] == "ConnectCustomKeyStore"
    owner.connect_custom_key_store(CustomKeyStoreId=store)
    assert describe(owner, store)["ConnectionState"] == "CONNECTED"
    assert proxy.requests() == []
    # The outcome is a record of its own.
    details = {"connectionState": "CONNECTED", "customKeyStoreId": store}
    [outcome] = [
        entry
        for entry in map(json.loads, journal(outside.server.data_dir))
        if entry.get("serviceEventDetails") == details
    ]
    assert outcome["eventName"] == "ConnectCustomKeyStore"
    assert outcome["eventType"] == "AwsServiceEvent"


UNAVAILABLE = [{"id": "ekm", "model": "m", "healthStatus": "UNAVAILABLE"}]


@pytest.mark.parametrize(
    "rule, code",
    [
        ({"status": 400, "error": "ValidationException"}, "XKS_PROXY_INVALID_RESPONSE"),
        ({"raw": "nonsense"}, "XKS_PROXY_INVALID_RESPONSE"),
        ({"status": 401, "error": "AuthenticationFailedException"}, "INVALID_CREDENTIALS"),
        ({"status": 403, "error": "AccessDeniedException"}, "XKS_PROXY_ACCESS_DENIED"),
        ({"status": 404, "error": "InvalidUriPathException"}, "XKS_PROXY_INVALID_CONFIGURATION"),
        ({"status": 429, "error": "ThrottlingException"}, "XKS_PROXY_NOT_REACHABLE"),
        ({"status": 503, "error": "DependencyTimeoutException"}, "XKS_PROXY_TIMED_OUT"),
        ({"status": 500, "error": "InternalException"}, "INTERNAL_ERROR"),
        ({"change": {"ekmFleetDetails": UNAVAILABLE}}, "XKS_PROXY_NOT_REACHABLE"),
        ({"hang_up": True}, "XKS_PROXY_NOT_REACHABLE"),
    ],
)
def test_a_failure_has_its_error_code(owner, proxy, store, rule, code):
    proxy.misbehave(health=rule)
    owner.connect_custom_key_store(CustomKeyStoreId=store)
    entry = settled(owner, store)
    assert (entry["ConnectionState"], entry["ConnectionErrorCode"]) == ("FAILED", code)

    # A store that failed is disconnected first.
    with refused("CustomKeyStoreInvalidStateException", in_state(store, "FAILED")):
        owner.connect_custom_key_store(CustomKeyStoreId=store)
    owner.disconnect_custom_key_store(CustomKeyStoreId=store)
    entry = describe(owner, store)
    assert entry["ConnectionState"] == "DISCONNECTED"
    assert "ConnectionErrorCode" not in entry
    proxy.behave()
    connect(owner, store)


def test_a_slow_proxy_times_out(owner, proxy):
    store = owner.create_custom_key_store(**external(XksProxyUriEndpoint=PATIENCE))
    store = store["CustomKeyStoreId"]
    proxy.misbehave(health={"delay": 1.0})
    owner.connect_custom_key_store(CustomKeyStoreId=store)
    assert settled(owner, store)["ConnectionErrorCode"] == "XKS_PROXY_TIMED_OUT"


def test_a_failure_that_passes_is_none(owner, proxy):
    """The proxy is asked three times before the connection fails."""
    store = owner.create_custom_key_store(**external())["CustomKeyStoreId"]
    proxy.behave()
    proxy.misbehave(health={"status": 429, "error": "ThrottlingException"})
    owner.connect_custom_key_store(CustomKeyStoreId=store)
    while not proxy.requests():
        pass
    proxy.misbehave()
    assert settled(owner, store)["ConnectionState"] == "CONNECTED"


def test_a_proxy_behind_an_endpoint_service_is_asked_now(owner, proxy):
    store = owner.create_custom_key_store(
        **external(
            XksProxyUriEndpoint=VPC,
            XksProxyConnectivity="VPC_ENDPOINT_SERVICE",
            XksProxyVpcEndpointServiceName=VPC_SERVICE,
            XksProxyUriPath="/nowhere/kms/xks/v1",
        )
    )["CustomKeyStoreId"]
    owner.connect_custom_key_store(CustomKeyStoreId=store)
    assert settled(owner, store)["ConnectionErrorCode"] == "XKS_PROXY_INVALID_CONFIGURATION"
    owner.disconnect_custom_key_store(CustomKeyStoreId=store)
    owner.delete_custom_key_store(CustomKeyStoreId=store)


def test_disconnecting_wins_over_connecting(owner, proxy, store):
    proxy.misbehave(health={"delay": 0.5})
    owner.connect_custom_key_store(CustomKeyStoreId=store)
    owner.disconnect_custom_key_store(CustomKeyStoreId=store)
    proxy.misbehave(health={"delay": 0.1})
    for _ in range(10):
        assert describe(owner, store)["ConnectionState"] == "DISCONNECTED"
        proxy.connections()


def test_a_store_that_is_not_there(kms):
    for unknown in (UNKNOWN_STORE, "anything/else"):
        with refused("CustomKeyStoreNotFoundException", no_store(unknown)):
            kms.connect_custom_key_store(CustomKeyStoreId=unknown)


def test_the_constraints_of_the_parameters(kms):
    with invalid(null("customKeyStoreId")):
        kms.connect_custom_key_store()
    with invalid(bad("customKeyStoreId", "", at_least(1))):
        kms.connect_custom_key_store(CustomKeyStoreId="")


def test_nobody_listens_any_more(owner, proxy):
    """The name of the endpoint moves to one that is closed, while nobody is asked."""
    store = owner.create_custom_key_store(**external())["CustomKeyStoreId"]
    with refused("XksProxyUriUnreachableException"):
        owner.update_custom_key_store(CustomKeyStoreId=store, XksProxyUriEndpoint=CLOSED)
    assert connect(owner, store)["ConnectionState"] == "CONNECTED"
