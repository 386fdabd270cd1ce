"""GetKeyLastUsage (operations.md §3.7; custody-and-audit.md §6.5)."""

import datetime
import json

import pytest
from support import (
    DRY_RUN,
    KeyOnlyReference,
    Server,
    WorksInAllStates,
    body_of,
    invalid,
    journal,
    null,
    refused,
)


class TestGetKeyLastUsage(KeyOnlyReference, WorksInAllStates):
    def call(self, kms, key, given):
        return kms.get_key_last_usage(KeyId=key)


def last(kms, key):
    return kms.get_key_last_usage(KeyId=key.id)["KeyLastUsage"]


def test_a_key_that_was_never_used(kms):
    key = kms.key()
    created = key.metadata["CreationDate"]
    assert body_of(kms.get_key_last_usage(KeyId=key.arn)) == {
        "KeyId": key.id,
        "KeyCreationDate": created,
        "TrackingStartDate": created,
        "KeyLastUsage": {},
    }


CALLS = {
    "Encrypt": lambda kms, key, blob: kms.encrypt(KeyId=key.id, Plaintext=b"x"),
    "Decrypt": lambda kms, key, blob: kms.decrypt(CiphertextBlob=blob),
    "ReEncrypt": lambda kms, key, blob: kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=key.id),
    "GenerateDataKey": lambda kms, key, blob: kms.generate_data_key(KeyId=key.id, KeySpec="AES_256"),
    "GenerateDataKeyWithoutPlaintext": lambda kms, key, blob: (
        kms.generate_data_key_without_plaintext(KeyId=key.id, KeySpec="AES_256")
    ),
}


@pytest.mark.parametrize("operation", CALLS)
def test_a_use_tells_of_its_call(server, kms, operation):
    key = kms.key()
    blob = kms.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    answer = CALLS[operation](kms, key, blob)
    told = last(kms, key)
    assert told["Operation"] == operation
    assert told["KmsRequestId"] == answer["ResponseMetadata"]["RequestId"]
    age = datetime.datetime.now(datetime.UTC) - told["Timestamp"]
    assert abs(age) < datetime.timedelta(minutes=1)
    [entry] = [
        entry for entry in map(json.loads, journal(server.data_dir))
        if entry.get("requestID") == told["KmsRequestId"]
    ]  # fmt: skip
    assert entry["eventID"] == told["CloudTrailEventId"]
    assert entry["eventName"] == operation


def test_both_keys_of_a_reencryption_count(kms):
    source, destination = kms.key(), kms.key()
    blob = kms.encrypt(KeyId=source.id, Plaintext=b"x")["CiphertextBlob"]
    kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=destination.id)
    assert last(kms, source) == last(kms, destination)
    assert last(kms, source)["Operation"] == "ReEncrypt"


def test_neither_dry_runs_nor_refusals_nor_management_count(kms):
    key = kms.key()
    with refused("DryRunOperationException", DRY_RUN):
        kms.encrypt(KeyId=key.id, Plaintext=b"x", DryRun=True)
    kms.describe_key(KeyId=key.id)
    kms.rotate_key_on_demand(KeyId=key.id)
    kms.disable_key(KeyId=key.id)
    with refused("DisabledException"):
        kms.encrypt(KeyId=key.id, Plaintext=b"x")
    assert last(kms, key) == {}


def test_a_use_outlives_a_stop(tmp_path):
    with Server.dev(tmp_path / "data") as server:
        kms = server.service()
        key = kms.key()
        kms.encrypt(KeyId=key.id, Plaintext=b"x")
        told = body_of(kms.get_key_last_usage(KeyId=key.id))
    with Server.dev(tmp_path / "data") as server:
        assert body_of(server.service().get_key_last_usage(KeyId=key.id)) == told


def test_the_key_id_is_required(kms):
    with invalid(null("keyId")):
        kms.get_key_last_usage()
