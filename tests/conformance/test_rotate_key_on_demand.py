"""RotateKeyOnDemand, and rotation by the clock (operations.md §3.7, §6.1; custody §6.5)."""

import concurrent.futures
import json

from imports import import_material, imported
from support import (
    IS_DISABLED,
    IS_PENDING_DELETION,
    IS_PENDING_IMPORT,
    OK,
    KeyOnlyReference,
    KeyStates,
    Server,
    body_of,
    invalid,
    journal,
    no_resource_policy,
    null,
    refused,
    strongroom,
)


class TestRotateKeyOnDemand(KeyOnlyReference, KeyStates):
    states = {
        "Enabled": OK,
        "Disabled": IS_DISABLED,
        "PendingDeletion": IS_PENDING_DELETION,
        "PendingImport": IS_PENDING_IMPORT,
    }

    def call(self, kms, key, given):
        return kms.rotate_key_on_demand(KeyId=key)


def current(kms, key):
    return kms.describe_key(KeyId=key.id)["KeyMetadata"]["CurrentKeyMaterialId"]


def rotations(kms, key, **more):
    return kms.list_key_rotations(KeyId=key.id, **more)["Rotations"]


def test_the_answer_is_the_arn_and_the_key_goes_on_with_new_material(kms):
    key = kms.key()
    first = current(kms, key)
    old = kms.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    assert body_of(kms.rotate_key_on_demand(KeyId=key.arn)) == {"KeyId": key.arn}
    second = current(kms, key)
    assert first != second
    new = kms.generate_data_key(KeyId=key.id, KeySpec="AES_256")
    assert new["KeyMaterialId"] == second
    opened = kms.decrypt(CiphertextBlob=old)
    assert (opened["Plaintext"], opened["KeyMaterialId"]) == (b"x", first)
    moved = kms.re_encrypt(CiphertextBlob=old, DestinationKeyId=key.id)
    assert moved["SourceKeyMaterialId"] == first
    assert moved["DestinationKeyMaterialId"] == second
    assert kms.decrypt(CiphertextBlob=moved["CiphertextBlob"])["KeyMaterialId"] == second
    changed = kms.describe_key(KeyId=key.id)["KeyMetadata"]
    assert changed == key.metadata | {"CurrentKeyMaterialId": second}


def test_a_key_has_twenty_five_of_them_and_its_schedule_stays(kms):
    key = kms.key()
    kms.enable_key_rotation(KeyId=key.id)
    before = body_of(kms.get_key_rotation_status(KeyId=key.id))
    for _ in range(25):
        kms.rotate_key_on_demand(KeyId=key.id)
    with refused(
        "LimitExceededException",
        "The on-demand rotations limit has been reached for the given keyId. No more on-demand "
        f"rotations can be performed for this key: {key.arn}",
    ):
        kms.rotate_key_on_demand(KeyId=key.id)
    assert body_of(kms.get_key_rotation_status(KeyId=key.id)) == before
    listed = rotations(kms, key)
    assert len(listed) == 25
    assert {entry["RotationType"] for entry in listed} == {"ON_DEMAND"}


def test_imported_material_rotates_to_what_waits_for_it(kms):
    key, first = imported(kms)
    with refused(
        "KMSInvalidStateException",
        f"No available key material pending rotation for the key: {key.arn}.",
    ):
        kms.rotate_key_on_demand(KeyId=key.id)
    old = kms.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    second = import_material(kms, key.id, b"2" * 32, ImportType="NEW_KEY_MATERIAL")["KeyMaterialId"]
    assert current(kms, key) == first
    kms.rotate_key_on_demand(KeyId=key.id)
    assert current(kms, key) == second
    assert kms.decrypt(CiphertextBlob=old)["KeyMaterialId"] == first
    assert [entry["KeyMaterialId"] for entry in rotations(kms, key)] == [second]


def test_nobody_rotates_a_key_that_aws_manages(kms):
    arn = kms.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]["Arn"]
    with refused(
        "AccessDeniedException", no_resource_policy(kms.root, "kms:RotateKeyOnDemand", arn)
    ):
        kms.rotate_key_on_demand(KeyId=arn)


def test_the_key_id_is_required(kms):
    with invalid(null("keyId")):
        kms.rotate_key_on_demand()


# --- By the clock --------------------------------------------------------------------------------


def advance(server, span):
    strongroom("clock", "advance", span, "--data-dir", server.data_dir)


def events(server, name):
    entries = map(json.loads, journal(server.data_dir))
    return [entry for entry in entries if entry["eventName"] == name]


def test_a_year_goes_by_and_the_key_has_rotated(tmp_path):
    with Server.dev(tmp_path / "data") as server:
        kms = server.service()
        key, idle, disabled = kms.key(), kms.key(), kms.key()
        for one in (key, idle, disabled):
            kms.enable_key_rotation(KeyId=one.id)
        kms.disable_key(KeyId=disabled.id)
        first, due = current(kms, key), kms.get_key_rotation_status(KeyId=key.id)["NextRotationDate"]
        old = kms.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
        advance(server, "364d")
        assert current(kms, key) == first
        advance(server, "23h")
        advance(server, "50m")
        with refused("ConflictException"):
            kms.rotate_key_on_demand(KeyId=key.id)
        advance(server, "20m")

        # However many are first, there is one new material.
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            made = list(
                pool.map(lambda _: kms.encrypt(KeyId=key.id, Plaintext=b"y")["CiphertextBlob"], range(64))
            )
        second = current(kms, key)
        assert second != first
        assert {kms.decrypt(CiphertextBlob=blob)["KeyMaterialId"] for blob in made} == {second}
        assert kms.decrypt(CiphertextBlob=old)["KeyMaterialId"] == first
        [rotation] = rotations(kms, key)
        assert rotation["RotationType"] == "AUTOMATIC"
        status = kms.get_key_rotation_status(KeyId=key.id)
        assert (status["NextRotationDate"] - due).days == 365
        assert len(rotations(kms, idle)) == 1
        assert rotations(kms, disabled) == []
        assert kms.get_key_rotation_status(KeyId=disabled.id)["KeyRotationEnabled"] is True
        kms.enable_key(KeyId=disabled.id)
        assert len(rotations(kms, disabled)) == 1

        [event] = [e for e in events(server, "RotateKey") if e["resources"][0]["ARN"] == key.arn]
        assert event["eventType"] == "AwsServiceEvent"
        assert event["userIdentity"] == {"accountId": kms.account, "invokedBy": "AWS Internal"}
        assert event["serviceEventDetails"] == {
            "rotationType": "AUTOMATIC",
            "keyOrigin": "AWS_KMS",
            "previousKeyMaterialId": first,
            "currentKeyMaterialId": second,
            "keyId": key.id,
        }
    with Server.dev(tmp_path / "data") as server:
        kms = server.service()
        assert current(kms, key) == second
        assert kms.decrypt(CiphertextBlob=old)["Plaintext"] == b"x"
    strongroom("store", "verify", "--data-dir", tmp_path / "data", "--seal", f"key-file={tmp_path}/data/seal.key")


def test_a_rotation_on_demand_is_told_as_call_and_as_event(tmp_path):
    with Server.dev(tmp_path / "data") as server:
        kms = server.service()
        key = kms.key()
        first = current(kms, key)
        kms.rotate_key_on_demand(KeyId=key.id)
        second = current(kms, key)
        [call] = events(server, "RotateKeyOnDemand")
        assert call["readOnly"] is False
        assert any(second in row["key"] for row in call["rows"])
        [event] = events(server, "RotateKey")
        assert event["serviceEventDetails"]["rotationType"] == "ON_DEMAND"
        assert event["serviceEventDetails"]["previousKeyMaterialId"] == first
        assert event["serviceEventDetails"]["currentKeyMaterialId"] == second
