"""VerifyMac (operations.md §3.6)."""

import pytest
from key_specs import HMAC, the_key
from support import (
    DRY_RUN,
    USAGES,
    AnyKeyReference,
    DryRun,
    GrantTokens,
    KeyStates,
    KeyUsage,
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
from test_generate_mac import SHA_256, algorithm_of
from test_sign import STATES


class TestVerifyMac(AnyKeyReference, KeyStates, KeyUsage, DryRun, GrantTokens):
    states, usage, kind = STATES, "GENERATE_VERIFY_MAC", USAGES["GENERATE_VERIFY_MAC"]

    def prepare(self, kms, key):
        return kms.generate_mac(KeyId=key.id, Message=b"x", **SHA_256)["Mac"]

    def prepare_without_material(self, kms, key):
        return b"m" * 32

    def call(self, kms, key, given, **more):
        return kms.verify_mac(KeyId=key, Message=b"x", Mac=given, **SHA_256, **more)


@pytest.mark.parametrize("spec", HMAC)
def test_the_mac_is_valid_whole_and_of_its_message_only(kms, spec):
    key, algorithm = the_key(kms, spec, "GENERATE_VERIFY_MAC"), algorithm_of(spec)
    call = {"KeyId": key.id, "MacAlgorithm": algorithm}
    mac = kms.generate_mac(Message=b"x", **call)["Mac"]
    assert body_of(kms.verify_mac(Message=b"x", Mac=mac, **call)) == {
        "KeyId": key.arn,
        "MacValid": True,
        "MacAlgorithm": algorithm,
    }
    flipped = bytes([mac[0] ^ 1]) + mac[1:]
    for message, wrong in (
        (b"y", mac), (b"x", flipped), (b"x", mac[:-1]), (b"x", mac[:16]), (b"x", mac + b"\x00"),
        (b"x", b"m"), (b"x", b"m" * 6144),
    ):  # fmt: skip
        with refused("KMSInvalidMacException", None):
            kms.verify_mac(Message=message, Mac=wrong, **call)


def test_a_mac_of_another_key_is_wrong(kms):
    key, other = (kms.key(**USAGES["GENERATE_VERIFY_MAC"]) for _ in range(2))
    mac = kms.generate_mac(KeyId=key.id, Message=b"x", **SHA_256)["Mac"]
    with refused("KMSInvalidMacException", None):
        kms.verify_mac(KeyId=other.id, Message=b"x", Mac=mac, **SHA_256)


def test_a_dry_run_tells_of_a_wrong_mac(kms):
    key = kms.key(**USAGES["GENERATE_VERIFY_MAC"])
    mac = kms.generate_mac(KeyId=key.id, Message=b"x", **SHA_256)["Mac"]
    for message, code, text in (
        (b"x", "DryRunOperationException", DRY_RUN),
        (b"y", "KMSInvalidMacException", None),
    ):
        with refused(code, text):
            kms.verify_mac(KeyId=key.id, Message=message, Mac=mac, DryRun=True, **SHA_256)


def test_an_algorithm_that_the_key_does_not_have(kms):
    key = kms.key(**USAGES["GENERATE_VERIFY_MAC"])
    wrong = {"KeyId": key.id, "Message": b"x", "Mac": b"m", "MacAlgorithm": "HMAC_SHA_512"}
    with refused(
        "InvalidKeyUsageException", "Algorithm HMAC_SHA_512 is incompatible with key spec HMAC_256."
    ):
        kms.verify_mac(**wrong)
    kms.disable_key(KeyId=key.id)
    with refused("DisabledException", f"{key.arn} is disabled."):
        kms.verify_mac(**wrong)


def test_the_constraints_of_the_parameters(kms):
    key = kms.key(**USAGES["GENERATE_VERIFY_MAC"]).id
    with invalid(null("keyId"), hidden_null("message"), null("mac"), null("macAlgorithm")):
        kms.verify_mac()
    with invalid(hidden("mac", at_least(1))):
        kms.verify_mac(KeyId=key, Message=b"x", Mac=b"", **SHA_256)
    with invalid(
        hidden("mac", at_most(6144)),
        hidden("message", at_most(4096)),
        bad("macAlgorithm", "INVALID", one_of_shape("MacAlgorithmSpec")),
    ):
        kms.verify_mac(KeyId=key, Message=b"m" * 4097, Mac=b"m" * 6145, MacAlgorithm="INVALID")
