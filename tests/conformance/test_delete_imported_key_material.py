"""DeleteImportedKeyMaterial (operations.md §3.7, §6.2)."""

import os

from imports import OnImportedKeys, import_material, imported, origin
from support import (
    KeyOnlyReference,
    WorksInAllStates,
    at_least,
    at_most,
    bad,
    body_of,
    invalid,
    null,
    refused,
)


class TestDeleteImportedKeyMaterial(OnImportedKeys, KeyOnlyReference, WorksInAllStates):
    def call(self, kms, key, given):
        return kms.delete_imported_key_material(KeyId=key)


def test_nothing_works_from_the_moment_the_call_returns(kms):
    secret = os.urandom(32)
    key, material = imported(kms, secret)
    blob = kms.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    answer = body_of(kms.delete_imported_key_material(KeyId=key.id))
    assert answer == {"KeyId": key.arn, "KeyMaterialId": material}
    for call in (
        lambda: kms.decrypt(CiphertextBlob=blob),
        lambda: kms.encrypt(KeyId=key.id, Plaintext=b"x"),
    ):
        with refused("KMSInvalidStateException", f"{key.arn} is pending import."):
            call()
    # The id is kept, the expiration model is not.
    metadata = kms.describe_key(KeyId=key.id)["KeyMetadata"]
    assert metadata == key.metadata | {"CurrentKeyMaterialId": material}
    import_material(kms, key.id, secret)
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def test_where_there_is_nothing_to_delete_nothing_happens(kms):
    key = kms.key("PendingImport")
    assert body_of(kms.delete_imported_key_material(KeyId=key.id)) == {"KeyId": key.arn}
    key, material = imported(kms)
    for _ in range(2):
        answer = body_of(kms.delete_imported_key_material(KeyId=key.id, KeyMaterialId=material))
        assert answer == {"KeyId": key.arn, "KeyMaterialId": material}
    assert kms.state(key) == "PendingImport"


def test_a_key_pending_deletion_stays_so(kms):
    key, _ = imported(kms)
    kms.schedule_key_deletion(KeyId=key.id)
    kms.delete_imported_key_material(KeyId=key.id)
    assert kms.state(key) == "PendingDeletion"
    kms.cancel_key_deletion(KeyId=key.id)
    assert kms.state(key) == "PendingImport"


def test_material_that_waits_for_its_rotation_just_goes(kms):
    key, _ = imported(kms)
    waiting = import_material(kms, key.id, b"2" * 32, ImportType="NEW_KEY_MATERIAL")["KeyMaterialId"]
    kms.delete_imported_key_material(KeyId=key.id, KeyMaterialId=waiting)
    assert kms.state(key) == "Enabled"
    with refused("KMSInvalidStateException"):
        kms.rotate_key_on_demand(KeyId=key.id)


def test_material_that_the_key_never_had_is_not_found(kms):
    key, _ = imported(kms)
    with refused("NotFoundException"):
        kms.delete_imported_key_material(KeyId=key.id, KeyMaterialId="0" * 64)
    assert kms.state(key) == "Enabled"


def test_only_keys_whose_material_comes_from_outside(kms):
    for state in ("Enabled", "Disabled", "PendingDeletion"):
        key = kms.key(state)
        code, message = origin(key.arn, "AWS_KMS")
        with refused(code, message):
            kms.delete_imported_key_material(KeyId=key.id)


def test_the_constraints(kms):
    key = kms.key("PendingImport")
    with invalid(bad("keyMaterialId", "0" * 63, at_least(64))):
        kms.delete_imported_key_material(KeyId=key.id, KeyMaterialId="0" * 63)
    with invalid(bad("keyMaterialId", "0" * 65, at_most(64))):
        kms.delete_imported_key_material(KeyId=key.id, KeyMaterialId="0" * 65)
    with invalid(null("keyId")):
        kms.delete_imported_key_material()
