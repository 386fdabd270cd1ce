"""Every operation of the service is either tested here by a file of its own, or says that it is
not built yet (decisions.md 26). botocore's service model is the list that both are held against.
"""

import pathlib
import re

import pytest
from support import (
    MODEL,
    UNKNOWN_KEY,
    Violations,
    empty_key_id,
    hidden_null,
    invalid,
    null,
    part,
    refused,
)

BUILT = {
    "CancelKeyDeletion", "CreateAlias", "CreateGrant", "CreateKey", "Decapsulate", "Decrypt",
    "DeleteAlias", "DeleteImportedKeyMaterial", "DeriveSharedSecret", "DescribeKey",
    "DisableKey", "DisableKeyRotation", "EnableKey", "EnableKeyRotation", "Encapsulate",
    "Encrypt", "GenerateDataKey", "GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext",
    "GenerateDataKeyWithoutPlaintext", "GenerateMac", "GenerateRandom", "GetKeyLastUsage",
    "GetKeyPolicy", "GetKeyRotationStatus", "GetParametersForImport", "GetPublicKey",
    "ImportKeyMaterial", "ListAliases", "ListGrants", "ListKeyPolicies", "ListKeyRotations",
    "ListKeys", "ListResourceTags", "ListRetirableGrants", "PutKeyPolicy", "ReEncrypt",
    "ReplicateKey", "RetireGrant", "RevokeGrant", "RotateKeyOnDemand", "ScheduleKeyDeletion",
    "Sign", "TagResource", "UntagResource", "UpdateAlias", "UpdateKeyDescription",
    "UpdatePrimaryRegion", "Verify", "VerifyMac",
}  # fmt: skip

KEY = {"KeyId": UNKNOWN_KEY}
STORE = {"CustomKeyStoreId": "cks-1234567890abcdef0"}

# Each operation that comes with a later issue, with parameters that satisfy the model. None of
# the keys and stores exists: that the operation is missing is told first.
UNBUILT = {
    "ConnectCustomKeyStore": STORE,
    "CreateCustomKeyStore": {"CustomKeyStoreName": "store"},
    "DeleteCustomKeyStore": STORE,
    "DescribeCustomKeyStores": {},
    "DisconnectCustomKeyStore": STORE,
    "UpdateCustomKeyStore": STORE,
}  # fmt: skip


def method(operation):
    return re.sub(r"(?<!^)([A-Z])", r"_\1", operation).lower()


def test_no_operation_is_forgotten():
    assert BUILT | set(UNBUILT) == set(MODEL.operation_names)
    assert not BUILT & set(UNBUILT)


@pytest.mark.parametrize("operation", sorted(BUILT))
def test_a_built_operation_has_its_file(operation):
    assert (pathlib.Path(__file__).parent / f"test_{method(operation)}.py").exists()


@pytest.mark.parametrize("operation", sorted(UNBUILT))
def test_an_unbuilt_operation_says_so_and_names_itself(kms, operation):
    with refused("UnsupportedOperationException", part(f"{operation} is not supported")):
        getattr(kms, method(operation))(**UNBUILT[operation])


def missed(operation):
    """What the constraint layer misses in an empty request."""
    shape = MODEL.operation_model(operation).input_shape
    missing = [
        (hidden_null if shape.members[name].metadata.get("sensitive") else null)(
            name[0].lower() + name[1:]
        )
        for name in shape.required_members
    ]
    if operation in ("Decrypt", "ReEncrypt"):
        missing.append(null("ciphertextBlob"))  # Required unless it is to be ignored (§8).
    return missing


MISSED = {operation: missed(operation) for operation in sorted(MODEL.operation_names)}


@pytest.mark.parametrize("operation", [name for name, missing in MISSED.items() if missing])
def test_what_is_required_is_missed_first_built_or_not(kms, operation):
    missing = MISSED[operation]
    with refused("ValidationException", Violations(*missing)):
        getattr(kms, method(operation))()


@pytest.mark.parametrize(
    "operation", sorted(name for name, given in UNBUILT.items() if "KeyId" in given)
)
def test_constraints_are_checked_first_though_the_operation_is_missing(kms, operation):
    with invalid(*empty_key_id()):
        getattr(kms, method(operation))(**UNBUILT[operation] | {"KeyId": ""})
