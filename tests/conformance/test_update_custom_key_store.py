"""UpdateCustomKeyStore (operations.md §3.12; custody §4.5, §4.8)."""

import pytest
from key_stores import (
    ACCESS_KEY,
    CLUSTER,
    ENDPOINT,
    MUTUAL,
    OTHER_ACCESS_KEY,
    OTHER_CREDENTIAL,
    OTHER_VPC_SERVICE,
    PIN,
    RELATED,
    STRANGE,
    UNKNOWN_CLUSTER,
    UNKNOWN_STORE,
    VPC,
    VPC_SERVICE,
    WRONG_CREDENTIAL,
    connect,
    describe,
    disconnect,
    external,
    external_key,
    external_store,
    fresh_name,
    in_state,
    no_store,
    settled,
)
from support import at_least, bad, body_of, invalid, null, part, refused


@pytest.fixture
def store(owner, proxy):
    return owner.create_custom_key_store(**external("before"))["CustomKeyStoreId"]


def update(kms, store, **changes):
    return body_of(kms.update_custom_key_store(CustomKeyStoreId=store, **changes))


def test_a_disconnected_store_may_change_everything(owner, proxy, store):
    proxy.requests()
    assert update(
        owner, store, NewCustomKeyStoreName="after", XksProxyUriEndpoint=MUTUAL,
        XksProxyUriPath="/moved/kms/xks/v1", XksProxyAuthenticationCredential=OTHER_CREDENTIAL,
    ) == {}  # fmt: skip
    [asked] = proxy.requests()
    assert asked["path"] == "/moved/kms/xks/v1/health"
    assert asked["body"]["requestMetadata"]["kmsOperation"] == "UpdateCustomKeyStore"
    assert OTHER_ACCESS_KEY in asked["authorization"]
    entry = describe(owner, store)
    assert entry["CustomKeyStoreName"] == "after"
    assert entry["XksProxyConfiguration"] == {
        "Connectivity": "PUBLIC_ENDPOINT", "AccessKeyId": OTHER_ACCESS_KEY,
        "UriEndpoint": MUTUAL, "UriPath": "/moved/kms/xks/v1",
    }  # fmt: skip
    # What it had is free for others.
    owner.create_custom_key_store(**external("before"))


def test_a_connected_external_store_may_change_name_path_and_credential(owner, proxy):
    store = external_store(owner)
    key = external_key(owner, store)
    blob = owner.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    update(owner, store, NewCustomKeyStoreName="renamed")
    update(owner, store, XksProxyUriPath="/moved/kms/xks/v1")
    update(owner, store, XksProxyAuthenticationCredential=OTHER_CREDENTIAL)
    proxy.requests()
    assert owner.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
    [asked] = proxy.requests()
    assert asked["path"].startswith("/moved/kms/xks/v1/keys/key-1/")
    assert OTHER_ACCESS_KEY in asked["authorization"]
    for changes in (
        {"XksProxyUriEndpoint": MUTUAL},
        {"XksProxyConnectivity": "PUBLIC_ENDPOINT"},
        {"XksProxyVpcEndpointServiceName": VPC_SERVICE},
        {"XksProxyVpcEndpointServiceOwner": "111122223333"},
    ):
        with refused("CustomKeyStoreInvalidStateException", in_state(store, "CONNECTED")):
            update(owner, store, **changes)


def test_what_the_proxy_does_not_accept_is_not_kept(owner, proxy, store):
    before = describe(owner, store)
    with refused("XksProxyIncorrectAuthenticationCredentialException"):
        update(owner, store, XksProxyAuthenticationCredential=WRONG_CREDENTIAL)
    with refused("XksProxyInvalidConfigurationException"):
        update(owner, store, XksProxyUriPath="/nowhere/kms/xks/v1")
    proxy.misbehave(health={"raw": "?"})
    with refused("XksProxyInvalidResponseException"):
        update(owner, store, NewCustomKeyStoreName="x", XksProxyUriPath="/a/kms/xks/v1")
    assert describe(owner, store) == before
    # The name alone is nobody's business outside.
    update(owner, store, NewCustomKeyStoreName="y")


def test_names_and_addresses_stay_unique(owner, proxy, store):
    other = owner.create_custom_key_store(**external("other", XksProxyUriPath="/o/kms/xks/v1"))
    other = other["CustomKeyStoreId"]
    with refused("CustomKeyStoreNameInUseException", part("with the name before")):
        update(owner, other, NewCustomKeyStoreName="before")
    with refused("XksProxyUriInUseException", part(f"{ENDPOINT}/kms/xks/v1")):
        update(owner, other, XksProxyUriPath="/kms/xks/v1")
    update(owner, store, NewCustomKeyStoreName="before", XksProxyUriPath="/kms/xks/v1")


def test_the_way_to_the_proxy_may_change(owner, proxy, store):
    update(
        owner, store, XksProxyConnectivity="VPC_ENDPOINT_SERVICE", XksProxyUriEndpoint=VPC,
        XksProxyVpcEndpointServiceName=VPC_SERVICE,
    )  # fmt: skip
    configuration = describe(owner, store)["XksProxyConfiguration"]
    assert configuration["Connectivity"] == "VPC_ENDPOINT_SERVICE"
    assert configuration["VpcEndpointServiceName"] == VPC_SERVICE
    with refused("XksProxyUriEndpointInUseException"):
        owner.create_custom_key_store(
            **external(XksProxyUriEndpoint=VPC, XksProxyUriPath="/v/kms/xks/v1")
        )
    update(owner, store, XksProxyConnectivity="PUBLIC_ENDPOINT")
    configuration = describe(owner, store)["XksProxyConfiguration"]
    assert "VpcEndpointServiceName" not in configuration
    with refused(
        "XksProxyVpcEndpointServiceInvalidConfigurationException",
        f"VPC endpoint service {VPC_SERVICE} does not serve {ENDPOINT}.",
    ):
        update(
            owner, store, XksProxyConnectivity="VPC_ENDPOINT_SERVICE",
            XksProxyUriEndpoint=ENDPOINT, XksProxyVpcEndpointServiceName=VPC_SERVICE,
        )  # fmt: skip


def test_what_another_store_holds_outside_is_not_to_be_had(outside, proxy):
    # A server of its own: other tests leave stores behind that hold the same.
    with outside.start("claims") as server:
        kms = server.service()
        store = kms.create_custom_key_store(**external())["CustomKeyStoreId"]
        behind = {"XksProxyConnectivity": "VPC_ENDPOINT_SERVICE", "XksProxyUriEndpoint": VPC}
        kms.create_custom_key_store(
            **external(XksProxyVpcEndpointServiceName=VPC_SERVICE, **behind)
        )
        before = describe(kms, store)
        path = {"XksProxyUriPath": "/u/kms/xks/v1"}
        message = f"{VPC} is already used by an external key store of another connectivity type."
        with refused("XksProxyUriEndpointInUseException", message):
            update(kms, store, XksProxyUriEndpoint=VPC, **path)
        service = f"VPC endpoint service {VPC_SERVICE}"
        message = f"{service} is already used by another external key store."
        with refused("XksProxyVpcEndpointServiceInUseException", message):
            update(kms, store, XksProxyVpcEndpointServiceName=VPC_SERVICE, **behind, **path)
        message = f"VPC endpoint service {OTHER_VPC_SERVICE} could not be found."
        with refused("XksProxyVpcEndpointServiceNotFoundException", message):
            update(kms, store, XksProxyVpcEndpointServiceName=OTHER_VPC_SERVICE, **behind, **path)
        assert describe(kms, store) == before


def test_parameters_of_the_other_type(owner, proxy, store):
    for parameter, value in {"CloudHsmClusterId": CLUSTER, "KeyStorePassword": PIN}.items():
        message = (
            f"{parameter} is not valid for a custom key store of type EXTERNAL_KEY_STORE."
        )
        with refused("ValidationException", message):
            update(owner, store, **{parameter: value})


def test_a_cloudhsm_store_moves_to_relatives_only(outside, owner):
    store = owner.create_custom_key_store(
        CustomKeyStoreName=fresh_name(), CloudHsmClusterId=CLUSTER, KeyStorePassword="wrong-pin",
        TrustAnchorCertificate=outside.anchor,
    )["CustomKeyStoreId"]  # fmt: skip
    with refused("CloudHsmClusterNotFoundException", part(UNKNOWN_CLUSTER)):
        update(owner, store, CloudHsmClusterId=UNKNOWN_CLUSTER)
    message = (
        f"CloudHSM cluster {STRANGE} does not share the backup history of the cluster of the"
        " custom key store."
    )
    with refused("CloudHsmClusterNotRelatedException", message):
        update(owner, store, CloudHsmClusterId=STRANGE)
    message = "XksProxyUriPath is not valid for a custom key store of type AWS_CLOUDHSM."
    with refused("ValidationException", message):
        update(owner, store, XksProxyUriPath="/kms/xks/v1")

    update(owner, store, CloudHsmClusterId=RELATED, KeyStorePassword=PIN)
    assert describe(owner, store)["CloudHsmClusterId"] == RELATED
    connect(owner, store)
    update(owner, store, NewCustomKeyStoreName=fresh_name())
    for changes in ({"KeyStorePassword": PIN}, {"CloudHsmClusterId": CLUSTER}):
        with refused("CustomKeyStoreInvalidStateException", in_state(store, "CONNECTED")):
            update(owner, store, **changes)
    disconnect(owner, store)
    owner.delete_custom_key_store(CustomKeyStoreId=store)


def test_a_store_that_failed_changes_nothing(owner, proxy, store):
    proxy.misbehave(health={"status": 403, "error": "AccessDeniedException"})
    owner.connect_custom_key_store(CustomKeyStoreId=store)
    assert settled(owner, store)["ConnectionState"] == "FAILED"
    with refused("CustomKeyStoreInvalidStateException", in_state(store, "FAILED")):
        update(owner, store, NewCustomKeyStoreName="n")
    assert describe(owner, store)["XksProxyConfiguration"]["AccessKeyId"] == ACCESS_KEY


def test_a_store_that_is_not_there(kms):
    with refused("CustomKeyStoreNotFoundException", no_store(UNKNOWN_STORE)):
        update(kms, UNKNOWN_STORE, NewCustomKeyStoreName="n")


def test_the_constraints_of_the_parameters(kms):
    with invalid(null("customKeyStoreId")):
        kms.update_custom_key_store()
    with invalid(bad("newCustomKeyStoreName", "", at_least(1))):
        update(kms, UNKNOWN_STORE, NewCustomKeyStoreName="")
