"""Every operation of the service is tested here by a file of its own. botocore's service model is
the list that they are held against.
"""

import pathlib
import re

import pytest
from support import MODEL, Violations, hidden_null, null, refused


def method(operation):
    return re.sub(r"(?<!^)([A-Z])", r"_\1", operation).lower()


@pytest.mark.parametrize("operation", sorted(MODEL.operation_names))
def test_an_operation_has_its_file(operation):
    assert (pathlib.Path(__file__).parent / f"test_{method(operation)}.py").exists()


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
def test_what_is_required_is_missed_first(kms, operation):
    missing = MISSED[operation]
    with refused("ValidationException", Violations(*missing)):
        getattr(kms, method(operation))()
