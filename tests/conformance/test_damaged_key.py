"""What wraps the material of a KMS key is damaged: the key is there and cannot be used.

`docs/operating.md`, "Bad days". Operations that need the material model KeyUnavailableException
(operations.md §12) and answer it; the same calls succeed once the damage is mended.
"""

import contextlib
import json
import sqlite3

import pytest
from prepared_calls import prepare
from support import ACCOUNT, MODEL, REGION, UNKNOWN_KEY, Server, refused, strongroom
from test_every_operation import method

TEXT = (
    "The request was rejected because the specified KMS key was not available. You can retry the "
    "request."
)
DOMAIN_KEY = f"custody/domain/{ACCOUNT}/{REGION}/0000000001"


def needs_material(operation):
    errors = MODEL.operation_model(operation).error_shapes
    return "KeyUnavailableException" in {shape.name for shape in errors}


@contextlib.contextmanager
def damaged(data, row):
    """A store with one row of which a byte is not what it was."""

    def put(value):
        with contextlib.closing(sqlite3.connect(data / "store.sqlite")) as store, store:
            changed = store.execute("UPDATE rows SET value = ? WHERE key = ?", (value, row))
            assert changed.rowcount == 1

    row = row.encode()
    with contextlib.closing(sqlite3.connect(data / "store.sqlite")) as store:
        [(value,)] = store.execute("SELECT value FROM rows WHERE key = ?", (row,))
    put(value[:-1] + bytes([value[-1] ^ 1]))
    yield
    put(value)


@pytest.mark.timeout(120)
def test_a_key_is_unavailable_while_its_domain_key_is_damaged(tmp_path):
    data = tmp_path / "data"
    with Server.dev(data) as server:
        kms = server.service(ACCOUNT)
        calls = {
            operation: prepare(kms, operation)
            for operation in sorted(MODEL.operation_names)
            if needs_material(operation)
        }
    assert len(calls) == 15
    with damaged(data, DOMAIN_KEY):
        with Server.dev(data) as server:
            kms = server.service(ACCOUNT)
            for operation, parameters in calls.items():
                with refused("KeyUnavailableException", TEXT, 500):
                    getattr(kms, method(operation))(**parameters)
            # What does not need the material is served.
            kms.describe_key(KeyId=calls["Encrypt"]["KeyId"])
            with refused("NotFoundException", kms.no_key(UNKNOWN_KEY)):
                kms.encrypt(KeyId=UNKNOWN_KEY, Plaintext=b"p")
            assert DOMAIN_KEY in server.stderr
    with Server.dev(data) as server:
        kms = server.service(ACCOUNT)
        for operation, parameters in calls.items():
            getattr(kms, method(operation))(**parameters)
    verified = strongroom("store", "verify", "--data-dir", data, "--output", "json")
    assert json.loads(verified.stdout)["clean"]
