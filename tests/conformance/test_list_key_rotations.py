"""ListKeyRotations (operations.md §3.7, §6.1, §7)."""

import pytest
from imports import FOR_EVER, import_material, imported
from support import (
    KeyOnlyReference,
    WorksInAllStates,
    bad,
    body_of,
    invalid,
    null,
    one_of_shape,
    pages,
    refused,
    value_at_least,
    value_at_most,
)


class TestListKeyRotations(KeyOnlyReference, WorksInAllStates):
    def call(self, kms, key, given):
        return kms.list_key_rotations(KeyId=key)


ALL = {"IncludeKeyMaterial": "ALL_KEY_MATERIAL"}


def test_a_key_that_never_rotated_has_a_material_and_no_rotation(kms):
    key = kms.key()
    for asked in ({}, {"IncludeKeyMaterial": "ROTATIONS_ONLY"}):
        answer = body_of(kms.list_key_rotations(KeyId=key.id, **asked))
        assert answer == {"Rotations": [], "Truncated": False}
    material = key.metadata["CurrentKeyMaterialId"]
    answer = body_of(kms.list_key_rotations(KeyId=key.arn, **ALL))
    assert answer == {
        "Rotations": [
            {"KeyId": key.arn, "KeyMaterialId": material, "KeyMaterialState": "CURRENT"}
        ],
        "Truncated": False,
    }


def test_rotations_come_oldest_first(kms):
    key = kms.key()
    ids = [key.metadata["CurrentKeyMaterialId"]]
    for _ in range(3):
        kms.rotate_key_on_demand(KeyId=key.id)
        ids.append(kms.describe_key(KeyId=key.id)["KeyMetadata"]["CurrentKeyMaterialId"])
    listed = kms.list_key_rotations(KeyId=key.id)["Rotations"]
    assert [entry["KeyMaterialId"] for entry in listed] == ids[1:]
    assert [entry["KeyMaterialState"] for entry in listed] == ["NON_CURRENT"] * 2 + ["CURRENT"]
    for entry in listed:
        assert set(entry) == {
            "KeyId", "KeyMaterialId", "KeyMaterialState", "RotationDate", "RotationType",
        }  # fmt: skip
        assert entry["RotationType"] == "ON_DEMAND"
    everything = kms.list_key_rotations(KeyId=key.id, **ALL)["Rotations"]
    assert everything[1:] == listed
    assert "RotationDate" not in everything[0]
    assert pages(kms, "list_key_rotations", "Rotations", KeyId=key.id, Limit=2) == listed
    assert pages(kms, "list_key_rotations", "Rotations", KeyId=key.id, Limit=1, **ALL) == everything


def test_imported_materials_tell_of_their_imports(kms):
    key, first = imported(kms)
    second = import_material(
        kms, key.id, b"2" * 32, ImportType="NEW_KEY_MATERIAL", KeyMaterialDescription="second: 2.0",
        **FOR_EVER,
    )["KeyMaterialId"]  # fmt: skip
    common = {
        "KeyId": key.arn,
        "ImportState": "IMPORTED",
        "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE",
    }
    assert kms.list_key_rotations(KeyId=key.id)["Rotations"] == []
    assert kms.list_key_rotations(KeyId=key.id, **ALL)["Rotations"] == [
        common | {"KeyMaterialId": first, "KeyMaterialState": "CURRENT"},
        common | {"KeyMaterialId": second, "KeyMaterialState": "PENDING_ROTATION",
                  "KeyMaterialDescription": "second: 2.0"},
    ]  # fmt: skip
    kms.rotate_key_on_demand(KeyId=key.id)
    kms.delete_imported_key_material(KeyId=key.id, KeyMaterialId=first)
    gone, current = kms.list_key_rotations(KeyId=key.id, **ALL)["Rotations"]
    assert gone == {
        "KeyId": key.arn, "KeyMaterialId": first, "KeyMaterialState": "NON_CURRENT",
        "ImportState": "PENDING_IMPORT",
    }  # fmt: skip
    assert current["KeyMaterialState"] == "CURRENT"
    assert current["RotationType"] == "ON_DEMAND"


def test_a_marker_is_of_its_listing(kms):
    key, other = kms.key(), kms.key()
    for _ in range(2):
        kms.rotate_key_on_demand(KeyId=key.id)
        kms.rotate_key_on_demand(KeyId=other.id)
    marker = kms.list_key_rotations(KeyId=key.id, Limit=1)["NextMarker"]
    assert len(kms.list_key_rotations(KeyId=key.id, Marker=marker)["Rotations"]) == 1
    for asked in ({"KeyId": other.id}, {"KeyId": key.id, **ALL}):
        with refused("InvalidMarkerException", None):
            kms.list_key_rotations(Marker=marker, **asked)
    with refused("InvalidMarkerException", None):
        kms.list_key_rotations(KeyId=key.id, Marker="made up")


@pytest.mark.parametrize(("limit", "constraint"), [(0, value_at_least(1)), (1001, value_at_most(1000))])
def test_the_constraints_of_the_limit(kms, limit, constraint):
    with invalid(bad("limit", limit, constraint)):
        kms.list_key_rotations(KeyId=kms.key().id, Limit=limit)


def test_what_to_include_is_one_of_two(kms):
    with invalid(bad("includeKeyMaterial", "SOME", one_of_shape("IncludeKeyMaterial"))):
        kms.list_key_rotations(KeyId=kms.key().id, IncludeKeyMaterial="SOME")


def test_the_key_id_is_required(kms):
    with invalid(null("keyId")):
        kms.list_key_rotations()
