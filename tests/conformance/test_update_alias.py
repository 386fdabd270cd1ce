"""UpdateAlias (operations.md §3.2.3): the operation this service was first asked for."""

import json
import random
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from alias_rules import AliasNameRules
from key_specs import the_key
from support import (
    IS_PENDING_DELETION,
    OK,
    UNKNOWN_KEY,
    KeyStates,
    OnAKey,
    bad,
    careless_headers,
    empty_key_id,
    fresh_name,
    hidden_from,
    invalid,
    last,
    matching,
    no_resource_policy,
    null,
    refused,
)


class TestUpdateAlias(KeyStates, OnAKey):
    """The state of the key that is joined decides; see below for the key that is left."""

    path = "targetKeyId"
    states = {
        "Enabled": OK,
        "Disabled": OK,
        "PendingDeletion": IS_PENDING_DELETION,
        "PendingImport": OK,
    }

    def prepare(self, kms, key):
        return kms.alias(kms.key())

    prepare_without_material = prepare

    def call(self, kms, key, given):
        return kms.update_alias(AliasName=given, TargetKeyId=key)


class TestNames(AliasNameRules):
    def name(self, kms, alias_name):
        named = {} if alias_name is None else {"AliasName": alias_name}
        return kms.update_alias(TargetKeyId=kms.key().id, **named)


def test_the_answer_is_empty(kms):
    name = kms.alias(kms.key())
    answer = kms.update_alias(AliasName=name, TargetKeyId=kms.key().id)
    assert set(answer) == {"ResponseMetadata"}
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert last.answer.body == b""


def test_target_and_update_date_change_and_nothing_else(kms):
    left = kms.key()
    name = kms.alias(left)
    before = kms.entry(name)
    for form in ("id", "arn"):
        joined = kms.key()
        time.sleep(0.01)
        kms.update_alias(AliasName=name, TargetKeyId=getattr(joined, form))
        after = kms.entry(name)
        assert after["TargetKeyId"] == joined.id
        assert after["LastUpdatedDate"] > before["LastUpdatedDate"]
        assert after["CreationDate"] == before["CreationDate"]
        assert after["AliasArn"] == before["AliasArn"]
        assert set(after) == set(before)
        # It is listed with the key it joined and no longer with the key it left.
        assert kms.entry(name, KeyId=joined.id) == after
        assert kms.entry(name, KeyId=left.id) is None
        left, before = joined, after


def test_old_and_new_key_are_untouched(kms):
    left, joined = kms.key(Description="left"), kms.key("Disabled", Description="joined")
    name = kms.alias(left)
    seen = [kms.describe_key(KeyId=key.id)["KeyMetadata"] for key in (left, joined)]
    kms.update_alias(AliasName=name, TargetKeyId=joined.id)
    assert [kms.describe_key(KeyId=key.id)["KeyMetadata"] for key in (left, joined)] == seen


def test_encrypt_through_the_alias_follows_at_once_and_old_ciphertexts_still_open(kms):
    keys = [kms.key() for _ in range(3)]
    name = kms.alias(keys[0])
    old = kms.encrypt(KeyId=name, Plaintext=b"old")
    assert old["KeyId"] == keys[0].arn
    for turn in range(60):
        joined = keys[turn % 3]
        kms.update_alias(AliasName=name, TargetKeyId=joined.id)
        assert kms.encrypt(KeyId=name, Plaintext=b"new")["KeyId"] == joined.arn
        assert kms.describe_key(KeyId=kms.alias_arn(name))["KeyMetadata"]["Arn"] == joined.arn
        assert kms.generate_random(NumberOfBytes=1)
    kms.update_alias(AliasName=name, TargetKeyId=keys[1].id)
    assert kms.decrypt(CiphertextBlob=old["CiphertextBlob"])["Plaintext"] == b"old"
    # Naming the alias names its new key, which did not make the ciphertext.
    with refused("IncorrectKeyException"):
        kms.decrypt(CiphertextBlob=old["CiphertextBlob"], KeyId=name)


def test_all_violated_constraints_are_in_one_message(kms):
    with invalid(null("aliasName"), null("targetKeyId")):
        kms.update_alias()
    with invalid(null("targetKeyId")):
        kms.update_alias(AliasName="alias/x")
    with invalid(*empty_key_id("targetKeyId")):
        kms.update_alias(AliasName="alias/x", TargetKeyId="")
    with invalid(
        bad("aliasName", "alias/?", matching("^[a-zA-Z0-9:/_-]+$")), *empty_key_id("targetKeyId")
    ):
        kms.update_alias(AliasName="alias/?", TargetKeyId="")


def kind(spec, usage):
    return {"KeySpec": spec, "KeyUsage": usage}


SYMMETRIC = kind("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")
KINDS = {
    "symmetric": SYMMETRIC,
    "rsa to encrypt": kind("RSA_2048", "ENCRYPT_DECRYPT"),
    "rsa to sign": kind("RSA_2048", "SIGN_VERIFY"),
    "p-256 to sign": kind("ECC_NIST_P256", "SIGN_VERIFY"),
    "p-521 to sign": kind("ECC_NIST_P521", "SIGN_VERIFY"),
    "ed25519": kind("ECC_NIST_EDWARDS25519", "SIGN_VERIFY"),
    "ml-dsa": kind("ML_DSA_44", "SIGN_VERIFY"),
    "p-256 to agree": kind("ECC_NIST_P256", "KEY_AGREEMENT"),
    "p-384 to agree": kind("ECC_NIST_P384", "KEY_AGREEMENT"),
    "hmac-256": kind("HMAC_256", "GENERATE_VERIFY_MAC"),
    "hmac-512": kind("HMAC_512", "GENERATE_VERIFY_MAC"),
    "ml-kem": kind("ML_KEM_512", "ENCAPSULATE_DECAPSULATE"),
}


@pytest.mark.timeout(180)
def test_an_alias_moves_among_keys_of_one_usage_and_type(kms):
    """Three types of key, not key specs: symmetric, asymmetric, HMAC (§3.2.3, 8 and 9)."""
    keys = {name: the_key(kms, of["KeySpec"], of["KeyUsage"]) for name, of in KINDS.items()}
    for left, old in KINDS.items():
        name = kms.alias(keys[left])
        for joined, new in KINDS.items():
            move = {"AliasName": name, "TargetKeyId": keys[joined].id}
            if old["KeyUsage"] != new["KeyUsage"]:
                what, of = "key usage", (old["KeyUsage"], new["KeyUsage"])
            elif (old == SYMMETRIC) != (new == SYMMETRIC):
                # The one case in which the type differs and the usage does not.
                types = {True: "SYMMETRIC", False: "ASYMMETRIC"}
                what, of = "key type", (types[old == SYMMETRIC], types[new == SYMMETRIC])
            else:
                kms.update_alias(**move)
                assert kms.target(name) == keys[joined].id
                kms.update_alias(AliasName=name, TargetKeyId=keys[left].id)
                continue
            with refused(
                "ValidationException",
                f"Alias {name} cannot be changed from a CMK with {what} {of[0]} to a CMK with "
                f"{what} {of[1]}. The {what} of the current CMK and the new CMK must be the same.",
            ):
                kms.update_alias(**move)
            assert kms.target(name) == keys[left].id


def test_an_alias_that_is_missing_is_not_made(kms):
    missing = fresh_name("missing")
    with refused("NotFoundException", kms.no_alias(missing)):
        kms.update_alias(AliasName=missing, TargetKeyId=kms.key().id)
    assert kms.entry(missing) is None
    # An alias of another Region or account is not this one.
    elsewhere = kms.at("eu-west-1")
    name = elsewhere.alias(elsewhere.key())
    with refused("NotFoundException", kms.no_alias(name)):
        kms.update_alias(AliasName=name, TargetKeyId=kms.key().id)


def test_names_are_compared_with_their_letter_case(kms):
    name = kms.alias(kms.key())
    with refused("NotFoundException", kms.no_alias(name.upper().replace("ALIAS/", "alias/"))):
        kms.update_alias(
            AliasName=name.upper().replace("ALIAS/", "alias/"), TargetKeyId=kms.key().id
        )


def test_an_alias_is_no_target(kms):
    name, other = kms.alias(kms.key()), kms.alias(kms.key())
    for target in (other, kms.alias_arn(other), "alias/unknown", "alias/aws/s3"):
        with refused("ValidationException", "Aliases must refer to keys. Not aliases"):
            kms.update_alias(AliasName=name, TargetKeyId=target)


def test_a_key_of_another_account_is_no_target_whether_it_exists_or_not(kms, stranger):
    name = kms.alias(kms.key())
    for arn in (stranger.key().arn, kms.key_arn(UNKNOWN_KEY, account=stranger.account)):
        with refused("AccessDeniedException", hidden_from(kms.root, "kms:UpdateAlias")):
            kms.update_alias(AliasName=name, TargetKeyId=arn)


def test_a_key_managed_by_aws_is_no_target(kms):
    managed = kms.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]["Arn"]
    name = kms.alias(kms.key())
    with refused(
        "AccessDeniedException", no_resource_policy(kms.root, "kms:UpdateAlias", managed)
    ):
        kms.update_alias(AliasName=name, TargetKeyId=managed)


@pytest.mark.parametrize("state", ["Disabled", "PendingDeletion", "PendingImport"])
def test_the_state_of_the_key_that_is_left_never_matters(kms, state):
    left = kms.key("Enabled" if state != "PendingImport" else state)
    name = kms.alias(left)
    if state == "Disabled":
        kms.disable_key(KeyId=left.id)
    if state == "PendingDeletion":
        kms.schedule_key_deletion(KeyId=left.id, PendingWindowInDays=7)
    joined = kms.key()
    kms.update_alias(AliasName=name, TargetKeyId=joined.id)
    assert kms.target(name) == joined.id


def test_the_refused_move_names_the_new_key_and_moves_nothing(kms):
    left, joined = kms.key(), kms.key("PendingDeletion")
    name = kms.alias(left)
    before = kms.entry(name)
    with refused("KMSInvalidStateException", f"{joined.arn} is pending deletion."):
        kms.update_alias(AliasName=name, TargetKeyId=joined.arn)
    assert kms.entry(name) == before


def test_no_key_pending_deletion_is_joined_even_if_it_is_the_one_that_is_left(kms):
    key = kms.key()
    name = kms.alias(key)
    kms.schedule_key_deletion(KeyId=key.id)
    with refused("KMSInvalidStateException", f"{key.arn} is pending deletion."):
        kms.update_alias(AliasName=name, TargetKeyId=key.id)


def test_keys_that_differ_in_all_but_type_and_usage_are_interchangeable(kms):
    name = kms.alias(kms.key())
    for joined in (
        kms.key(MultiRegion=True),
        kms.key(Origin="EXTERNAL"),
        kms.key("Disabled", Description="d", Tags=[{"TagKey": "a", "TagValue": "b"}]),
        kms.key(Origin="EXTERNAL", MultiRegion=True),
        kms.key(),
    ):
        kms.update_alias(AliasName=name, TargetKeyId=joined.id)
        assert kms.target(name) == joined.id


def test_the_same_request_twice_succeeds_twice(kms):
    name, joined = kms.alias(kms.key()), kms.key()
    kms.update_alias(AliasName=name, TargetKeyId=joined.id)
    once = kms.entry(name)
    time.sleep(0.01)
    kms.update_alias(AliasName=name, TargetKeyId=joined.id)
    twice = kms.entry(name)
    assert twice["TargetKeyId"] == joined.id
    assert twice["LastUpdatedDate"] > once["LastUpdatedDate"]


def test_the_quota_is_the_new_keys(fresh):
    full, other = fresh.key(), fresh.key()
    names = [fresh.alias(full) for _ in range(50)]
    name = fresh.alias(other)
    with refused(
        "LimitExceededException",
        "Aliases per key quota for this account in this region is 50, current usage is 50.",
    ):
        fresh.update_alias(AliasName=name, TargetKeyId=full.id)
    assert fresh.target(name) == other.id
    # To the key that it already has needs no room; one that leaves makes room.
    fresh.update_alias(AliasName=names[0], TargetKeyId=full.id)
    fresh.update_alias(AliasName=names[1], TargetKeyId=other.id)
    fresh.update_alias(AliasName=name, TargetKeyId=full.id)
    assert len(fresh.list_aliases(KeyId=full.id, Limit=100)["Aliases"]) == 50


# The order of the checks: constraints, name, alias, target, state, quota.


def test_constraints_come_before_the_rules_of_names(kms):
    with invalid(null("targetKeyId")):
        kms.update_alias(AliasName="no-prefix")


def test_rules_of_names_come_before_alias_and_target(kms):
    with refused("NotAuthorizedException", None):
        kms.update_alias(AliasName="alias/aws/s3", TargetKeyId=UNKNOWN_KEY)
    with refused("ValidationException", "Invalid identifier"):
        kms.update_alias(AliasName="alias/", TargetKeyId=UNKNOWN_KEY)


def test_the_alias_comes_before_the_target(kms):
    missing = fresh_name("missing")
    for target in (UNKNOWN_KEY, kms.key("PendingDeletion").id):
        with refused("NotFoundException", kms.no_alias(missing)):
            kms.update_alias(AliasName=missing, TargetKeyId=target)


def test_the_state_comes_before_the_quota(fresh):
    full = fresh.key()
    for _ in range(50):
        fresh.alias(full)
    name = fresh.alias(fresh.key())
    fresh.schedule_key_deletion(KeyId=full.id)
    with refused("KMSInvalidStateException", f"{full.arn} is pending deletion."):
        fresh.update_alias(AliasName=name, TargetKeyId=full.id)


# Concurrency.


def test_a_thousand_callers_move_one_alias_and_all_succeed(fresh):
    """A hundred threads of boto3, each call to the next of five keys."""
    keys = [fresh.key() for _ in range(5)]
    name = fresh.alias(keys[0])
    client = fresh.server.client(fresh.account, fresh.region, max_pool_connections=100)

    def move(turn):
        return client.update_alias(AliasName=name, TargetKeyId=keys[turn % 5].id)

    with ThreadPoolExecutor(100) as threads:
        for answer in threads.map(move, range(1000)):
            assert set(answer) == {"ResponseMetadata"}
    one_consistent_alias(fresh, name, keys)


def test_a_thousand_requests_in_flight_at_once_move_one_alias_and_all_succeed(fresh):
    """A thousand connections; every request is on its way before the first answer is read."""
    keys = [fresh.key() for _ in range(5)]
    name = fresh.alias(keys[0])
    before = fresh.entry(name)
    host = f"{fresh.server.host}:{fresh.server.port}"
    connections = []
    try:
        for _ in range(1000):
            connections.append(socket.create_connection((fresh.server.host, fresh.server.port), 30))
        for turn, connection in enumerate(connections):
            body = json.dumps({"AliasName": name, "TargetKeyId": keys[turn % 5].id}).encode()
            headers = careless_headers("UpdateAlias", fresh.account, fresh.region, host)
            headers |= {"Content-Length": str(len(body)), "Connection": "close"}
            head = "".join(f"{header}: {value}\r\n" for header, value in headers.items())
            connection.sendall(f"POST / HTTP/1.1\r\n{head}\r\n".encode() + body)
        for connection in connections:
            answer = b""
            while received := connection.recv(65536):
                answer += received
            assert answer.startswith(b"HTTP/1.1 200 OK\r\n"), answer
    finally:
        for connection in connections:
            connection.close()
    one_consistent_alias(fresh, name, keys)
    assert fresh.entry(name)["CreationDate"] == before["CreationDate"]


def one_consistent_alias(kms, name, keys):
    target = kms.target(name)
    assert target in [key.id for key in keys]
    for key in keys:
        listed = [entry["AliasName"] for entry in kms.list_aliases(KeyId=key.id)["Aliases"]]
        assert listed == ([name] if key.id == target else [])
    assert kms.encrypt(KeyId=name, Plaintext=b"x")["KeyId"] == kms.key_arn(target)


def test_moves_deletions_and_creations_of_one_name_leave_one_truth(fresh):
    """Whatever order they happen in, the name's listing, its resolution and the keys' agree."""
    keys = [fresh.key() for _ in range(3)]
    name = fresh_name("contested")
    acceptable = {"AlreadyExistsException", "NotFoundException"}
    client = fresh.server.client(fresh.account, fresh.region)

    def act(turn):
        key = keys[turn % 3].id
        try:
            chosen = random.Random(turn).choice(["create", "update", "delete"])
            if chosen == "create":
                client.create_alias(AliasName=name, TargetKeyId=key)
            elif chosen == "update":
                client.update_alias(AliasName=name, TargetKeyId=key)
            else:
                client.delete_alias(AliasName=name)
        except client.exceptions.ClientError as refusal:
            return refusal.response["Error"]["Code"]
        return None

    with ThreadPoolExecutor(16) as threads:
        assert set(threads.map(act, range(300))) - {None} <= acceptable
    if fresh.entry(name) is None:
        fresh.create_alias(AliasName=name, TargetKeyId=keys[0].id)
    one_consistent_alias(fresh, name, keys)


def test_racing_moves_never_exceed_the_quota(fresh):
    """Sixty aliases race for fifty places: fifty arrive."""
    target = fresh.key()
    homes = [fresh.key() for _ in range(2)]
    names = [fresh.alias(homes[turn % 2]) for turn in range(60)]
    client = fresh.server.client(fresh.account, fresh.region)

    def move(name):
        try:
            client.update_alias(AliasName=name, TargetKeyId=target.id)
        except client.exceptions.LimitExceededException:
            return "full"
        return "moved"

    with ThreadPoolExecutor(20) as threads:
        outcomes = list(threads.map(move, names))
    assert outcomes.count("moved") == 50
    moved = {name for name, outcome in zip(names, outcomes) if outcome == "moved"}
    listed = fresh.list_aliases(KeyId=target.id, Limit=100)["Aliases"]
    assert {entry["AliasName"] for entry in listed} == moved
