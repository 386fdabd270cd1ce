"""CreateKey (operations.md §3.1; key policies §3.8, tags §3.9)."""

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from key_specs import LISTS, PAIRS, SPECS, at_home, the_key
from policies import PolicyRules, default_policy
from support import (
    REGION,
    Server,
    at_least,
    at_most,
    bad,
    body_of,
    invalid,
    matching,
    one_of_shape,
    refused,
)
from tagging import TagRules

UUID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
ALWAYS = {
    "AWSAccountId", "KeyId", "Arn", "CreationDate", "Enabled", "Description", "KeyUsage",
    "KeyState", "Origin", "KeyManager", "CustomerMasterKeySpec", "KeySpec", "MultiRegion",
    "EncryptionAlgorithms",
}  # fmt: skip


class TestPolicy(PolicyRules):
    def put(self, kms, policy, **more):
        key = kms.create_key(Policy=policy, **more)["KeyMetadata"]["KeyId"]
        return kms.get_key_policy(KeyId=key)["Policy"]


class TestTags(TagRules):
    def tag(self, kms, tags):
        key = kms.create_key(Tags=tags)["KeyMetadata"]["KeyId"]
        return kms.list_resource_tags(KeyId=key)["Tags"]


def test_a_key_needs_no_parameters(kms):
    before = time.time()
    answer = body_of(kms.create_key())
    assert set(answer) == {"KeyMetadata"}
    key = answer["KeyMetadata"]
    assert set(key) == ALWAYS | {"CurrentKeyMaterialId"}
    assert UUID.fullmatch(key["KeyId"])
    assert re.fullmatch("[0-9a-f]{64}", key["CurrentKeyMaterialId"])
    assert before - 1 <= key["CreationDate"].timestamp() <= time.time() + 1
    for member, value in {
        "AWSAccountId": kms.account,
        "Arn": kms.key_arn(key["KeyId"]),
        "Enabled": True,
        "Description": "",
        "KeyUsage": "ENCRYPT_DECRYPT",
        "KeyState": "Enabled",
        "Origin": "AWS_KMS",
        "KeyManager": "CUSTOMER",
        "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "KeySpec": "SYMMETRIC_DEFAULT",
        "MultiRegion": False,
        "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
    }.items():
        assert key[member] == value, member
    assert kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"] == key


def test_the_same_request_twice_makes_two_keys(kms):
    assert kms.key().id != kms.key().id


def test_the_description_is_kept_as_it_is(kms):
    for text in ("", "plain", "Schlüssel für 東京 🔑 \"quoted\" \\ \n\t", "d" * 8192):
        assert kms.key(Description=text).metadata["Description"] == text


def test_the_spec_may_be_named_in_the_new_or_the_old_way(kms):
    for parameters in (
        {"KeySpec": "SYMMETRIC_DEFAULT"},
        {"CustomerMasterKeySpec": "SYMMETRIC_DEFAULT"},
        {"KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT", "Origin": "AWS_KMS"},
    ):
        assert kms.key(**parameters).metadata["KeySpec"] == "SYMMETRIC_DEFAULT"
    with refused(
        "ValidationException",
        "You cannot specify KeySpec and CustomerMasterKeySpec in the same request. "
        "CustomerMasterKeySpec is deprecated.",
    ):
        kms.create_key(KeySpec="SYMMETRIC_DEFAULT", CustomerMasterKeySpec="SYMMETRIC_DEFAULT")


def test_a_key_for_imported_material_waits_for_it(kms):
    key = kms.key(Origin="EXTERNAL").metadata
    assert set(key) == ALWAYS  # No CurrentKeyMaterialId, no ExpirationModel.
    assert key["Origin"] == "EXTERNAL"
    assert key["KeyState"] == "PendingImport"
    assert key["Enabled"] is False
    assert key["EncryptionAlgorithms"] == ["SYMMETRIC_DEFAULT"]


@pytest.mark.parametrize("origin", ["AWS_KMS", "EXTERNAL"])
def test_a_multi_region_key_is_a_primary_without_replicas(kms, origin):
    key = kms.key(MultiRegion=True, Origin=origin).metadata
    assert re.fullmatch("mrk-[0-9a-f]{32}", key["KeyId"])
    assert key["MultiRegion"] is True
    assert key["MultiRegionConfiguration"] == {
        "MultiRegionKeyType": "PRIMARY",
        "PrimaryKey": {"Arn": key["Arn"], "Region": REGION},
        "ReplicaKeys": [],
    }
    assert kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"] == key
    assert UUID.fullmatch(kms.key(MultiRegion=False).id)


def test_without_a_policy_the_key_has_the_default_one(kms):
    policy = json.loads(kms.get_key_policy(KeyId=kms.key().id)["Policy"])
    assert policy == default_policy(kms)


@pytest.mark.parametrize("region", ["us-gov-west-1", "cn-north-1"])
def test_arns_name_the_partition_of_the_region(kms, region):
    key = kms.at(region).key()
    partition = {"us-gov-west-1": "aws-us-gov", "cn-north-1": "aws-cn"}[region]
    assert key.arn == f"arn:{partition}:kms:{region}:{kms.account}:key/{key.id}"


def test_the_constraints_of_the_parameters(kms):
    for member, path, value, constraint in (
        ("Description", "description", "d" * 8193, at_most(8192)),
        ("KeyUsage", "keyUsage", "SOMETHING", one_of_shape("KeyUsageType")),
        ("Origin", "origin", "MOON", one_of_shape("OriginType")),
        ("CustomKeyStoreId", "customKeyStoreId", "c" * 65, at_most(64)),
        ("XksKeyId", "xksKeyId", "no spaces", matching("^[a-zA-Z0-9-_.]+$")),
        ("XksKeyId", "xksKeyId", "x" * 129, at_most(128)),
        ("Policy", "policy", "", None),
    ):
        items = [bad(path, value, constraint)]
        if member == "Policy":
            items = [
                bad(path, "", at_least(1)),
                bad(path, "", matching(r"[\u0009\u000A\u000D\u0020-\u00FF]+")),
            ]
        with invalid(*items):
            kms.create_key(**{member: value})
    with invalid(
        bad("keyUsage", "A", one_of_shape("KeyUsageType")),
        bad("origin", "B", one_of_shape("OriginType")),
        bad("description", "d" * 8193, at_most(8192)),
    ):
        kms.create_key(KeyUsage="A", Origin="B", Description="d" * 8193)


@pytest.mark.parametrize(("spec", "usage"), PAIRS)
def test_a_key_of_every_spec_and_usage(kms, spec, usage):
    """Each usage brings its own list of algorithms, in AWS's order, and no other list."""
    kms = at_home(kms, spec)
    key = the_key(kms, spec, usage).metadata
    symmetric = spec == "SYMMETRIC_DEFAULT"
    expected = ALWAYS - {"EncryptionAlgorithms"} | {LISTS[usage]}
    assert set(key) == expected | ({"CurrentKeyMaterialId"} if symmetric else set())
    assert key[LISTS[usage]] == SPECS[spec][usage]
    assert (key["KeySpec"], key["CustomerMasterKeySpec"], key["KeyUsage"]) == (spec, spec, usage)
    assert (key["KeyState"], key["Enabled"], key["Origin"]) == ("Enabled", True, "AWS_KMS")
    assert kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"] == key


@pytest.mark.parametrize(("spec", "usage"), PAIRS)
def test_a_key_of_every_spec_may_wait_for_its_material(kms, spec, usage):
    key = at_home(kms, spec).key("PendingImport", KeySpec=spec, KeyUsage=usage).metadata
    assert set(key) == ALWAYS - {"EncryptionAlgorithms"} | {LISTS[usage]}
    assert key[LISTS[usage]] == SPECS[spec][usage]
    assert (key["KeyState"], key["Enabled"], key["Origin"]) == ("PendingImport", False, "EXTERNAL")


@pytest.mark.parametrize("spec", ["ECC_NIST_P384", "HMAC_512", "ML_DSA_44", "ML_KEM_512"])
def test_a_multi_region_key_may_be_of_any_spec(kms, spec):
    (usage, *_) = SPECS[spec]
    key = kms.key(KeySpec=spec, KeyUsage=usage, MultiRegion=True)
    assert key.id.startswith("mrk-")
    assert key.metadata["MultiRegion"] is True


def test_the_old_name_of_the_spec_makes_the_same_key(kms):
    """sigstore sends it."""
    key = kms.key(CustomerMasterKeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY").metadata
    assert (key["KeySpec"], key["CustomerMasterKeySpec"]) == ("ECC_NIST_P256", "ECC_NIST_P256")


@pytest.mark.parametrize("spec", SPECS)
def test_every_usage_that_the_spec_does_not_have(kms, spec):
    for usage in set(LISTS) - set(SPECS[spec]):
        with refused(
            "ValidationException", f"KeyUsage {usage} is not compatible with KeySpec {spec}"
        ):
            kms.create_key(KeySpec=spec, KeyUsage=usage)


@pytest.mark.timeout(180)
def test_making_rsa_keys_keeps_nobody_waiting(kms):
    """Several of the largest at once, and meanwhile a call that has nothing to do with them."""
    ready = kms.key()
    with ThreadPoolExecutor(4) as pool:
        made = [
            pool.submit(kms.create_key, KeySpec="RSA_4096", KeyUsage="SIGN_VERIFY")
            for _ in range(4)
        ]
        waited = []
        while not all(key.done() for key in made):
            start = time.monotonic()
            kms.encrypt(KeyId=ready.id, Plaintext=b"x")
            waited.append(time.monotonic() - start)
        keys = {key.result()["KeyMetadata"]["KeyId"] for key in made}
    assert len(keys) == 4
    # Half of all calls were answered at once, whatever else this machine had to do.
    assert sorted(waited)[len(waited) // 2] < 0.5


@pytest.mark.parametrize(
    ("member", "path"), [("KeySpec", "keySpec"), ("CustomerMasterKeySpec", "customerMasterKeySpec")]
)
def test_a_spec_that_does_not_exist_is_told_with_those_that_do(kms, member, path):
    shape = {"KeySpec": "KeySpec", "CustomerMasterKeySpec": "CustomerMasterKeySpec"}[member]
    with invalid(bad(path, "HMAC_random", one_of_shape(shape))):
        kms.create_key(**{member: "HMAC_random"})


def test_the_usage_has_to_be_said_for_all_but_symmetric_keys(kms):
    for spec in ("RSA_2048", "ECC_NIST_P256", "HMAC_256", "ML_DSA_44", "ML_KEM_512"):
        with refused(
            "ValidationException",
            "You must specify a KeyUsage value for all KMS keys except for symmetric encryption "
            "keys.",
        ):
            kms.create_key(KeySpec=spec)


@pytest.mark.parametrize(
    ("spec", "usage"),
    [
        ("SYMMETRIC_DEFAULT", "SIGN_VERIFY"),
        ("SYMMETRIC_DEFAULT", "GENERATE_VERIFY_MAC"),
        ("RSA_2048", "KEY_AGREEMENT"),
        ("RSA_2048", "GENERATE_VERIFY_MAC"),
        ("ECC_NIST_P256", "ENCRYPT_DECRYPT"),
        ("ECC_SECG_P256K1", "KEY_AGREEMENT"),
        ("ECC_NIST_EDWARDS25519", "KEY_AGREEMENT"),
        ("HMAC_256", "SIGN_VERIFY"),
        ("ML_DSA_44", "ENCRYPT_DECRYPT"),
        ("ML_KEM_512", "ENCRYPT_DECRYPT"),
    ],
)
def test_a_usage_that_the_spec_does_not_have(kms, spec, usage):
    with refused(
        "ValidationException", f"KeyUsage {usage} is not compatible with KeySpec {spec}"
    ):
        kms.create_key(KeySpec=spec, KeyUsage=usage)


def test_sm2_is_for_regions_in_china(kms):
    with refused(
        "UnsupportedOperationException", "KeySpec SM2 is not supported in this Region"
    ):
        kms.create_key(KeySpec="SM2", KeyUsage="SIGN_VERIFY")
    assert kms.at("cn-northwest-1").key(KeySpec="SM2", KeyUsage="SIGN_VERIFY")


@pytest.mark.parametrize("how", ["flag", "variable"])
def test_sm2_may_be_offered_everywhere(tmp_path, how):
    arguments = ["--sm2-everywhere"] if how == "flag" else []
    environment = {"STRONGROOM_SM2_EVERYWHERE": "true"} if how == "variable" else {}
    with Server.dev(tmp_path / "data", *arguments, environment=environment) as server:
        kms = server.service()
        key = kms.key(KeySpec="SM2", KeyUsage="SIGN_VERIFY")
        assert kms.sign(KeyId=key.id, Message=b"x", SigningAlgorithm="SM2DSA")["Signature"]


@pytest.mark.timeout(180)
def test_a_pool_of_rsa_keys_gives_each_pair_once(tmp_path):
    pool = ["--rsa-ready-2048", "4", "--rsa-at-once", "1"]
    with Server.dev(tmp_path / "data", *pool) as server:
        kms = server.service()
        symmetric = kms.key()
        publics = []
        for _ in range(8):
            key = kms.key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
            publics.append(kms.get_public_key(KeyId=key.id)["PublicKey"])
            pair = kms.generate_data_key_pair(KeyId=symmetric.id, KeyPairSpec="RSA_2048")
            publics.append(pair["PublicKey"])
    assert len(set(publics)) == 16


def test_a_refused_key_is_not_made(fresh):
    for code, parameters in (
        ("TagException", {"Tags": [{"TagKey": "aws:x", "TagValue": ""}]}),
        ("MalformedPolicyDocumentException", {"Policy": "not a policy"}),
        ("ValidationException", {"KeyUsage": "SIGN_VERIFY"}),
    ):
        with refused(code):
            fresh.create_key(**parameters)
    assert fresh.list_keys()["Keys"] == []
