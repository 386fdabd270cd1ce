"""GenerateMac (operations.md §3.6, §5.3)."""

import base64

import pytest
import yaml
from key_specs import HMAC, SPECS, mac, the_key
from support import (
    ACCOUNT,
    USAGES,
    AnyKeyReference,
    DryRun,
    GrantTokens,
    KeyStates,
    KeyUsage,
    Server,
    at_least,
    at_most,
    bad,
    body_of,
    hidden,
    hidden_null,
    invalid,
    null,
    one_of_shape,
    refused,
)
from test_sign import STATES

SHA_256 = {"MacAlgorithm": "HMAC_SHA_256"}


class TestGenerateMac(AnyKeyReference, KeyStates, KeyUsage, DryRun, GrantTokens):
    states, usage, kind = STATES, "GENERATE_VERIFY_MAC", USAGES["GENERATE_VERIFY_MAC"]

    def call(self, kms, key, given, **more):
        return kms.generate_mac(KeyId=key, Message=b"x", **SHA_256, **more)


def algorithm_of(spec):
    return SPECS[spec]["GENERATE_VERIFY_MAC"][0]


@pytest.mark.parametrize("spec", HMAC)
def test_the_mac_has_its_full_length_and_is_the_same_every_time(kms, spec):
    key, algorithm = the_key(kms, spec, "GENERATE_VERIFY_MAC"), algorithm_of(spec)
    macs = set()
    for message in (b"x", b"x", b"y", b"m" * 4096):
        made = body_of(kms.generate_mac(KeyId=key.id, Message=message, MacAlgorithm=algorithm))
        macs.add(made.pop("Mac"))
        assert made == {"KeyId": key.arn, "MacAlgorithm": algorithm}
    assert len(macs) == 3
    assert {len(mac) for mac in macs} == {HMAC[spec]}


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """A server with an HMAC key of every spec whose bytes are known, and the bytes."""
    folder = tmp_path_factory.mktemp("planted")
    material = {spec: bytes(range(size)) for spec, size in HMAC.items()}
    keys = [
        {
            "id": f"00000000-0000-4000-8000-{number:012x}",
            "key_spec": spec,
            "key_material": [base64.b64encode(material[spec]).decode()],
            "aliases": [f"alias/{spec}"],
        }
        for number, spec in enumerate(HMAC)
    ]
    file = folder / "seed.yaml"
    file.write_text(
        yaml.safe_dump({"accounts": {ACCOUNT: {"regions": {"us-east-1": {"keys": keys}}}}})
    )
    with Server.dev(folder / "data", "--seed", file) as server:
        yield server.service(), material


@pytest.mark.parametrize("spec", HMAC)
def test_the_mac_is_the_hmac_of_every_other_library(planted, spec):
    kms, material = planted
    algorithm = algorithm_of(spec)
    for message in (b"x", b"m" * 4096):
        expected = mac(algorithm, material[spec], message)
        call = {"KeyId": f"alias/{spec}", "Message": message, "MacAlgorithm": algorithm}
        assert kms.generate_mac(**call)["Mac"] == expected
        assert kms.verify_mac(Mac=expected, **call)["MacValid"] is True


@pytest.mark.parametrize("spec", HMAC)
def test_an_algorithm_that_the_key_does_not_have(kms, spec):
    key = the_key(kms, spec, "GENERATE_VERIFY_MAC")
    for other in HMAC:
        if other != spec:
            algorithm = algorithm_of(other)
            with refused(
                "InvalidKeyUsageException",
                f"Algorithm {algorithm} is incompatible with key spec {spec}.",
            ):
                kms.generate_mac(KeyId=key.id, Message=b"x", MacAlgorithm=algorithm)


def test_the_state_comes_before_the_algorithm(kms):
    key = kms.key("Disabled", **USAGES["GENERATE_VERIFY_MAC"])
    with refused("DisabledException", f"{key.arn} is disabled."):
        kms.generate_mac(KeyId=key.id, Message=b"x", MacAlgorithm="HMAC_SHA_512")


def test_the_constraints_of_the_parameters(kms):
    key = kms.key(**USAGES["GENERATE_VERIFY_MAC"]).id
    with invalid(null("keyId"), hidden_null("message"), null("macAlgorithm")):
        kms.generate_mac()
    with invalid(hidden("message", at_least(1))):
        kms.generate_mac(KeyId=key, Message=b"", **SHA_256)
    with invalid(
        hidden("message", at_most(4096)),
        bad("macAlgorithm", "INVALID", one_of_shape("MacAlgorithmSpec")),
    ):
        kms.generate_mac(KeyId=key, Message=b"m" * 4097, MacAlgorithm="INVALID")
