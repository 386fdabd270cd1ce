"""Related multi-Region keys over time: rotation, deletion, imported material, a restart."""

import os
import threading

import pytest
from imports import import_material
from support import Server, account_of, body_of, refused

HOME, THERE, THIRD = "us-east-1", "eu-west-1", "ap-southeast-2"


@pytest.fixture(scope="module")
def clocked(tmp_path_factory):
    with Server.dev(tmp_path_factory.mktemp("regions") / "data") as server:
        yield server


@pytest.fixture
def kms(clocked, request):
    return clocked.service(account_of(request.node.nodeid))


def related(kms, *regions):
    key = kms.key(MultiRegion=True)
    for region in regions:
        kms.replicate_key(KeyId=key.id, ReplicaRegion=region)
    return key


def described(kms, key):
    return kms.describe_key(KeyId=key.id)["KeyMetadata"]


def test_material_of_a_rotation_is_everywhere_when_it_returns(kms):
    key = related(kms, THERE, THIRD)
    for _ in range(3):
        kms.rotate_key_on_demand(KeyId=key.id)
        blob = kms.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
        for region in (THERE, THIRD):
            there = kms.at(region)
            assert there.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
            mine, theirs = described(kms, key), described(there, key)
            assert mine["CurrentKeyMaterialId"] == theirs["CurrentKeyMaterialId"]
            back = there.encrypt(KeyId=key.id, Plaintext=b"y")["CiphertextBlob"]
            assert kms.decrypt(CiphertextBlob=back)["Plaintext"] == b"y"


def test_a_new_replica_gets_every_older_material(kms):
    key = related(kms)
    blobs = []
    for text in (b"one", b"two", b"three"):
        blobs.append((text, kms.encrypt(KeyId=key.id, Plaintext=text)["CiphertextBlob"]))
        kms.rotate_key_on_demand(KeyId=key.id)
    kms.replicate_key(KeyId=key.id, ReplicaRegion=THERE)
    there = kms.at(THERE)
    for text, blob in blobs:
        assert there.decrypt(CiphertextBlob=blob)["Plaintext"] == text
    rotations = there.list_key_rotations(KeyId=key.id)["Rotations"]
    assert len(rotations) == 3


def test_rotation_by_the_clock_reaches_the_replicas(clocked, kms):
    key = related(kms, THERE)
    kms.enable_key_rotation(KeyId=key.id, RotationPeriodInDays=90)
    first = described(kms, key)["CurrentKeyMaterialId"]
    clocked.advance("91d")
    there = kms.at(THERE)
    blob = kms.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    assert there.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
    assert described(there, key)["CurrentKeyMaterialId"] != first
    assert described(there, key)["CurrentKeyMaterialId"] == described(kms, key)["CurrentKeyMaterialId"]


def test_a_primary_waits_for_its_replicas_to_go(clocked, kms):
    key = related(kms, THERE)
    there = kms.at(THERE)
    answer = body_of(kms.schedule_key_deletion(KeyId=key.id, PendingWindowInDays=8))
    assert answer == {
        "KeyId": key.arn, "KeyState": "PendingReplicaDeletion", "PendingWindowInDays": 8,
    }  # fmt: skip
    told = described(kms, key)
    assert told["KeyState"] == "PendingReplicaDeletion"
    assert told["PendingDeletionWindowInDays"] == 8
    assert "DeletionDate" not in told
    with refused("KMSInvalidStateException", f"{key.arn} is pending replica deletion."):
        kms.encrypt(KeyId=key.id, Plaintext=b"x")
    there.encrypt(KeyId=key.id, Plaintext=b"still here")

    there.schedule_key_deletion(KeyId=key.id, PendingWindowInDays=7)
    assert described(kms, key)["KeyState"] == "PendingReplicaDeletion"
    clocked.advance("8d")
    told = described(kms, key)
    assert told["KeyState"] == "PendingDeletion"
    assert told["MultiRegionConfiguration"]["ReplicaKeys"] == []
    assert "PendingDeletionWindowInDays" not in told
    with refused("NotFoundException", there.no_key(key.id)):
        there.describe_key(KeyId=key.id)
    clocked.advance("9d")
    with refused("NotFoundException", kms.no_key(key.id)):
        kms.describe_key(KeyId=key.id)


def test_a_primary_that_waits_can_be_kept(kms):
    key = related(kms, THERE)
    kms.schedule_key_deletion(KeyId=key.id)
    kms.cancel_key_deletion(KeyId=key.id)
    assert described(kms, key)["KeyState"] == "Disabled"


def test_a_replica_that_was_deleted_can_be_made_again(clocked, kms):
    key = related(kms, THERE)
    there = kms.at(THERE)
    blob = there.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    there.schedule_key_deletion(KeyId=key.id, PendingWindowInDays=7)
    clocked.advance("8d")
    kms.replicate_key(KeyId=key.id, ReplicaRegion=THERE)
    assert there.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def test_concurrent_replication_and_rotation_leave_one_consistent_set(kms):
    key = related(kms)
    regions = [THERE, THIRD, "us-west-2", "ca-central-1"]

    def replicate(region):
        kms.replicate_key(KeyId=key.id, ReplicaRegion=region)

    threads = [threading.Thread(target=replicate, args=[region]) for region in regions]
    threads += [
        threading.Thread(target=lambda: kms.rotate_key_on_demand(KeyId=key.id)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    blob = kms.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    current = described(kms, key)["CurrentKeyMaterialId"]
    for region in regions:
        told = described(kms.at(region), key)
        assert told["CurrentKeyMaterialId"] == current
        assert {r["Region"] for r in told["MultiRegionConfiguration"]["ReplicaKeys"]} == set(regions)
        assert kms.at(region).decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def test_related_keys_outlive_a_restart(tmp_path):
    with Server.dev(tmp_path / "data") as server:
        kms = server.service()
        key = related(kms, THERE)
        kms.rotate_key_on_demand(KeyId=key.id)
        blob = kms.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    with Server.dev(tmp_path / "data") as server:
        assert server.service(region=THERE).decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def test_imported_material_comes_to_each_relative_and_then_rotates(kms):
    key = kms.key("PendingImport", MultiRegion=True)
    first, second = os.urandom(32), os.urandom(32)
    import_material(kms, key.id, first)
    kms.replicate_key(KeyId=key.id, ReplicaRegion=THERE)
    there = kms.at(THERE)
    assert described(there, key)["KeyState"] == "PendingImport"
    with refused("IncorrectKeyMaterialException"):
        import_material(there, key.id, second, ImportType="EXISTING_KEY_MATERIAL")
    import_material(there, key.id, first)
    assert described(there, key)["KeyState"] == "Enabled"
    blob = kms.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    assert there.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"

    import_material(kms, key.id, second, ImportType="NEW_KEY_MATERIAL")
    assert states(kms, key) == ["CURRENT", "PENDING_MULTI_REGION_IMPORT_AND_ROTATION"]
    with refused("KMSInvalidStateException"):
        kms.rotate_key_on_demand(KeyId=key.id)
    assert described(there, key)["KeyState"] == "Enabled"
    import_material(there, key.id, second, ImportType="EXISTING_KEY_MATERIAL")
    assert states(kms, key) == ["CURRENT", "PENDING_ROTATION"]
    kms.rotate_key_on_demand(KeyId=key.id)
    blob = kms.encrypt(KeyId=key.id, Plaintext=b"y")["CiphertextBlob"]
    assert there.decrypt(CiphertextBlob=blob)["Plaintext"] == b"y"
    assert described(there, key)["CurrentKeyMaterialId"] == described(kms, key)["CurrentKeyMaterialId"]
    assert states(there, key) == ["CURRENT", "NON_CURRENT"]


def states(kms, key):
    """Of all materials."""
    rotations = kms.list_key_rotations(KeyId=key.id, IncludeKeyMaterial="ALL_KEY_MATERIAL")
    return sorted(entry["KeyMaterialState"] for entry in rotations["Rotations"])
