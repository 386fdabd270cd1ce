"""CreateCustomKeyStore (operations.md §3.12; custody §4.5, §4.8, §5.1)."""

import re

import pytest
from key_stores import (
    CLOSED,
    CLUSTER,
    CREDENTIAL,
    ENDPOINT,
    MUTUAL,
    NO_IDENTITY,
    NO_MODULE,
    NO_TOKEN,
    OTHER_CREDENTIAL,
    OTHER_NAME,
    OTHER_VPC_SERVICE,
    PATH,
    PATIENCE,
    PIN,
    RELATED,
    UNDECLARED,
    UNKNOWN_CLUSTER,
    UNTRUSTED,
    VPC,
    VPC_SERVICE,
    WRONG_CREDENTIAL,
    connect,
    describe,
    external,
    fresh_name,
)
from support import (
    account_of,
    at_least,
    at_most,
    bad,
    body_of,
    hidden,
    invalid,
    matching,
    null,
    one_of_shape,
    part,
    refused,
)

REACH = "XksProxyUriUnreachableException"


def test_a_new_external_store_is_disconnected_and_keeps_its_secret(owner, proxy):
    answer = body_of(owner.create_custom_key_store(**external("My store")))
    assert set(answer) == {"CustomKeyStoreId"}
    store = answer["CustomKeyStoreId"]
    assert re.fullmatch(r"cks-[0-9a-f]{17}", store)
    entry = describe(owner, store)
    entry.pop("CreationDate")
    assert entry == {
        "CustomKeyStoreId": store,
        "CustomKeyStoreName": "My store",
        "CustomKeyStoreType": "EXTERNAL_KEY_STORE",
        "ConnectionState": "DISCONNECTED",
        "XksProxyConfiguration": {
            "Connectivity": "PUBLIC_ENDPOINT",
            "AccessKeyId": CREDENTIAL["AccessKeyId"],
            "UriEndpoint": ENDPOINT,
            "UriPath": PATH,
        },
    }


def test_a_public_proxy_is_asked_whether_it_is_well(owner, proxy):
    owner.create_custom_key_store(**external(XksProxyUriPath="/tenant/kms/xks/v1"))
    [asked] = proxy.requests()
    assert asked["path"] == "/tenant/kms/xks/v1/health"
    assert asked["type"] == "application/json"
    metadata = asked["body"].pop("requestMetadata")
    assert asked["body"] == {}
    assert metadata.pop("kmsRequestId")
    assert metadata == {"kmsOperation": "CreateCustomKeyStore"}
    assert f"/{owner.region}/kms-xks-proxy/aws4_request" in asked["authorization"]


def test_a_proxy_may_ask_for_a_certificate(owner, proxy):
    owner.create_custom_key_store(**external(XksProxyUriEndpoint=MUTUAL))
    with refused(REACH):
        owner.create_custom_key_store(**external(XksProxyUriEndpoint=NO_IDENTITY))


@pytest.mark.parametrize(
    "endpoint, message",
    [
        (OTHER_NAME, "A TLS connection to the external key store proxy could not be established."),
        (UNTRUSTED, "A TLS connection to the external key store proxy could not be established."),
        (CLOSED, "The external key store proxy could not be reached."),
        # A name that leads into the server's own network is not followed unless declared.
        (UNDECLARED, "The external key store proxy could not be reached."),
    ],
)
def test_a_proxy_that_cannot_be_reached(owner, proxy, endpoint, message):
    with refused(REACH, message):
        owner.create_custom_key_store(**external(XksProxyUriEndpoint=endpoint))
    assert proxy.requests() == []


def test_the_patience_of_kms_is_short(owner, proxy):
    proxy.misbehave(health={"delay": 1.0})
    message = "The external key store proxy did not respond to the request in time."
    with refused(REACH, message):
        owner.create_custom_key_store(**external(XksProxyUriEndpoint=PATIENCE))


UNAVAILABLE = [{"id": "ekm", "model": "m", "healthStatus": "UNAVAILABLE"}]
RESPONSE = "XksProxyInvalidResponseException"
NOT_THE_API = "The external key store proxy did not answer as the XKS proxy API says."
INTERNAL = (
    "The external key store proxy failed to fulfil the request because of an internal error."
)


@pytest.mark.parametrize(
    "rule, code, message",
    [
        ({"status": 400, "error": "ValidationException"}, RESPONSE, NOT_THE_API),
        ({"status": 400, "error": "NoSuchException"}, RESPONSE, NOT_THE_API),
        ({"raw": "<html>"}, RESPONSE, NOT_THE_API),
        ({"raw": "", "status": 503}, RESPONSE, NOT_THE_API),
        ({"raw": "{" + " " * 100_000 + "}"}, RESPONSE, NOT_THE_API),
        ({"change": {"ekmVendor": None}}, RESPONSE, NOT_THE_API),
        ({"change": {"xksProxyFleetSize": 0}}, RESPONSE, NOT_THE_API),
        ({"change": {"ekmFleetDetails": []}}, RESPONSE, NOT_THE_API),
        ({"status": 500, "error": "InternalException"}, RESPONSE, INTERNAL),
        ({"status": 401, "error": "AuthenticationFailedException"},
         "XksProxyIncorrectAuthenticationCredentialException",
         "The external key store proxy rejected the request because it does not accept the proxy"
         " authentication credential."),
        ({"status": 404, "error": "InvalidUriPathException"},
         "XksProxyInvalidConfigurationException",
         "The external key store proxy rejected the request because its URI path is not valid."),
        ({"status": 429, "error": "ThrottlingException"}, REACH,
         "The external key store proxy rejected the request because of its request rate."),
        ({"status": 503, "error": "DependencyTimeoutException"}, REACH,
         "The external key manager did not respond to the external key store proxy in time."),
        ({"hang_up": True}, REACH, "The external key store proxy could not be reached."),
        ({"change": {"ekmFleetDetails": UNAVAILABLE}}, REACH,
         "Every external key manager of the external key store proxy is unavailable."),
    ],
)  # fmt: skip
def test_a_proxy_that_misbehaves(owner, proxy, rule, code, message):
    proxy.misbehave(health=rule)
    with refused(code, message):
        owner.create_custom_key_store(**external())
    assert owner.describe_custom_key_stores()["CustomKeyStores"] == []


def test_a_wrong_credential_or_path_is_told_by_the_proxy(owner, proxy):
    with refused("XksProxyIncorrectAuthenticationCredentialException"):
        owner.create_custom_key_store(
            **external(XksProxyAuthenticationCredential=WRONG_CREDENTIAL)
        )
    with refused("XksProxyInvalidConfigurationException"):
        owner.create_custom_key_store(**external(XksProxyUriPath="/nowhere/kms/xks/v1"))


def test_a_proxy_behind_an_endpoint_service_is_not_asked_yet(owner, proxy):
    vpc = {
        "XksProxyUriEndpoint": VPC,
        "XksProxyConnectivity": "VPC_ENDPOINT_SERVICE",
        "XksProxyVpcEndpointServiceName": VPC_SERVICE,
        "XksProxyVpcEndpointServiceOwner": "111122223333",
    }
    store = owner.create_custom_key_store(**external(**vpc))["CustomKeyStoreId"]
    assert proxy.requests() == []
    configuration = describe(owner, store)["XksProxyConfiguration"]
    assert configuration["VpcEndpointServiceName"] == VPC_SERVICE
    assert configuration["VpcEndpointServiceOwner"] == "111122223333"

    message = f"VPC endpoint service {VPC_SERVICE} is already used by another external key store."
    other = {"XksProxyUriPath": "/other/kms/xks/v1"}
    with refused("XksProxyVpcEndpointServiceInUseException", message):
        owner.create_custom_key_store(**external(**vpc | other))
    message = f"{VPC} is already used by an external key store of another connectivity type."
    with refused("XksProxyUriEndpointInUseException", message):
        owner.create_custom_key_store(**external(XksProxyUriEndpoint=VPC, **other))
    message = f"VPC endpoint service {OTHER_VPC_SERVICE} could not be found."
    with refused("XksProxyVpcEndpointServiceNotFoundException", message):
        owner.create_custom_key_store(
            **external(**vpc | other | {"XksProxyVpcEndpointServiceName": OTHER_VPC_SERVICE})
        )
    message = f"VPC endpoint service {VPC_SERVICE} does not serve {ENDPOINT}."
    with refused("XksProxyVpcEndpointServiceInvalidConfigurationException", message):
        owner.create_custom_key_store(
            **external(**vpc | other | {"XksProxyUriEndpoint": ENDPOINT})
        )

    connect(owner, store)
    owner.disconnect_custom_key_store(CustomKeyStoreId=store)
    owner.delete_custom_key_store(CustomKeyStoreId=store)
    again = owner.create_custom_key_store(**external(**vpc))["CustomKeyStoreId"]
    owner.delete_custom_key_store(CustomKeyStoreId=again)


def test_names_and_addresses_are_unique_in_account_and_region(outside, owner, proxy):
    owner.create_custom_key_store(**external("one"))
    with refused(
        "CustomKeyStoreNameInUseException", "A custom key store with the name one already exists."
    ):
        owner.create_custom_key_store(**external("one", XksProxyUriPath="/b/kms/xks/v1"))
    message = f"{ENDPOINT}{PATH} is already used by another external key store."
    with refused("XksProxyUriInUseException", message):
        owner.create_custom_key_store(**external("two"))
    upper = f"https://{ENDPOINT.removeprefix('https://').upper()}"
    with refused("XksProxyUriInUseException"):
        owner.create_custom_key_store(**external("two", XksProxyUriEndpoint=upper))

    owner.create_custom_key_store(**external("two", XksProxyUriPath="/b/kms/xks/v1"))
    owner.at("eu-west-1").create_custom_key_store(**external("one"))
    stranger = outside.server.service(account_of(f"stranger of {owner.account}"))
    stranger.create_custom_key_store(**external("one"))


def test_creating_what_is_there_gives_the_one_that_is_there(owner, proxy):
    parameters = external("again")
    store = owner.create_custom_key_store(**parameters)["CustomKeyStoreId"]
    assert owner.create_custom_key_store(**parameters)["CustomKeyStoreId"] == store
    different = parameters | {"XksProxyAuthenticationCredential": OTHER_CREDENTIAL}
    for changed in (different, parameters | {"XksProxyUriPath": "/b/kms/xks/v1"}):
        with refused("CustomKeyStoreNameInUseException"):
            owner.create_custom_key_store(**changed)
    connect(owner, store)
    with refused("CustomKeyStoreNameInUseException"):
        owner.create_custom_key_store(**parameters)


def test_the_eleventh_store_is_one_too_many(owner, proxy):
    for at in range(10):
        owner.create_custom_key_store(**external(XksProxyUriPath=f"/t{at}/kms/xks/v1"))
    message = (
        "Custom key store quota for this account in this region is 10, current usage is 10."
    )
    with refused("LimitExceededException", message):
        owner.create_custom_key_store(**external(XksProxyUriPath="/more/kms/xks/v1"))


def cluster(outside, **changes):
    parameters = {
        "CustomKeyStoreName": fresh_name(),
        "CloudHsmClusterId": CLUSTER,
        "TrustAnchorCertificate": outside.anchor,
        "KeyStorePassword": PIN,
    } | changes
    return {name: value for name, value in parameters.items() if value is not None}


def test_a_new_cloudhsm_store_shows_its_cluster_and_certificate(outside, owner):
    parameters = cluster(outside)
    store = owner.create_custom_key_store(**parameters)["CustomKeyStoreId"]
    entry = describe(owner, store)
    entry.pop("CreationDate")
    assert entry == {
        "CustomKeyStoreId": store,
        "CustomKeyStoreName": parameters["CustomKeyStoreName"],
        "CustomKeyStoreType": "AWS_CLOUDHSM",
        "ConnectionState": "DISCONNECTED",
        "CloudHsmClusterId": CLUSTER,
        "TrustAnchorCertificate": outside.anchor,
    }
    assert owner.create_custom_key_store(**parameters)["CustomKeyStoreId"] == store
    with refused("CustomKeyStoreNameInUseException"):
        owner.create_custom_key_store(**parameters | {"KeyStorePassword": "another"})
    for taken in (CLUSTER, RELATED):
        message = (
            f"CloudHSM cluster {taken}, or one that shares its backup history, is already used by"
            " another custom key store."
        )
        with refused("CloudHsmClusterInUseException", message):
            owner.create_custom_key_store(**cluster(outside, CloudHsmClusterId=taken))
    owner.delete_custom_key_store(CustomKeyStoreId=store)


def test_the_cluster_and_its_certificate_have_to_be_right(outside, owner):
    message = f"CloudHSM cluster {UNKNOWN_CLUSTER} could not be found."
    with refused("CloudHsmClusterNotFoundException", message):
        owner.create_custom_key_store(**cluster(outside, CloudHsmClusterId=UNKNOWN_CLUSTER))
    for absent in (NO_TOKEN, NO_MODULE):
        with refused("CloudHsmClusterNotFoundException", part("could not be found.")):
            owner.create_custom_key_store(**cluster(outside, CloudHsmClusterId=absent))
    message = f"The certificate is not the trust anchor of CloudHSM cluster {CLUSTER}."
    for wrong in (outside.ca.pem, "no certificate"):
        with refused("IncorrectTrustAnchorException", message):
            owner.create_custom_key_store(**cluster(outside, TrustAnchorCertificate=wrong))


def test_each_type_needs_its_own_parameters_and_no_others(outside, owner):
    def missing(parameter, kind):
        return f"{parameter} is required for a custom key store of type {kind}."

    def foreign(parameter, kind):
        return f"{parameter} is not valid for a custom key store of type {kind}."

    hsm, xks = "AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"
    for absent in ("CloudHsmClusterId", "TrustAnchorCertificate", "KeyStorePassword"):
        with refused("ValidationException", missing(absent, hsm)):
            owner.create_custom_key_store(**cluster(outside, **{absent: None}))
        with refused("ValidationException", foreign(absent, xks)):
            owner.create_custom_key_store(**external(**{absent: cluster(outside)[absent]}))
    for absent in (
        "XksProxyUriEndpoint", "XksProxyUriPath", "XksProxyConnectivity",
        "XksProxyAuthenticationCredential",
    ):  # fmt: skip
        with refused("ValidationException", missing(absent, xks)):
            owner.create_custom_key_store(**external(**{absent: None}))
        with refused("ValidationException", foreign(absent, hsm)):
            owner.create_custom_key_store(**cluster(outside, **{absent: external()[absent]}))
    public = "is not valid for XksProxyConnectivity PUBLIC_ENDPOINT."
    for name, value in {
        "XksProxyVpcEndpointServiceName": VPC_SERVICE,
        "XksProxyVpcEndpointServiceOwner": "111122223333",
    }.items():
        with refused("ValidationException", f"{name} {public}"):
            owner.create_custom_key_store(**external(**{name: value}))
        with refused("ValidationException", foreign(name, hsm)):
            owner.create_custom_key_store(**cluster(outside, **{name: value}))
    message = (
        "XksProxyVpcEndpointServiceName is required for XksProxyConnectivity VPC_ENDPOINT_SERVICE."
    )
    with refused("ValidationException", message):
        owner.create_custom_key_store(**external(XksProxyConnectivity="VPC_ENDPOINT_SERVICE"))


def test_the_constraints_of_the_parameters(kms):
    with invalid(null("customKeyStoreName")):
        kms.create_custom_key_store()
    with invalid(
        bad("customKeyStoreName", "", at_least(1)),
        bad("customKeyStoreType", "MOON", one_of_shape("CustomKeyStoreType")),
    ):
        kms.create_custom_key_store(CustomKeyStoreName="", CustomKeyStoreType="MOON")
    with invalid(hidden("keyStorePassword", at_least(7))):
        kms.create_custom_key_store(CustomKeyStoreName="n", KeyStorePassword="short")
    with invalid(bad("xksProxyUriEndpoint", "http://a.example", matching("^https://[a-zA-Z0-9.-]+$"))):
        kms.create_custom_key_store(
            CustomKeyStoreName="n", XksProxyUriEndpoint="http://a.example"
        )
    with invalid(bad("customKeyStoreName", "n" * 257, at_most(256))):
        kms.create_custom_key_store(CustomKeyStoreName="n" * 257)
