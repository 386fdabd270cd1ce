"""The disk hangs: it neither takes nor refuses (`docs/operating.md`, "Bad days").

Whoever waits for it hears DependencyTimeoutException (custody-and-audit.md, table of errors), or
KMSInternalException where that is not modelled (operations.md §12); nobody waits for ever, nothing
piles up, and service resumes when the disk does. The disk is a library that is loaded before the C
library and has syncs wait, `hanging_disk.c`.
"""

import collections
import concurrent.futures
import contextlib
import json
import os
import pathlib
import subprocess
import time
import urllib.error
import urllib.request

import pytest
from prepared_calls import OUTSIDE, prepare
from support import (
    ACCOUNT,
    MODEL,
    Server,
    chain_holds,
    journal,
    refused,
    strongroom,
)
from test_audit_record import CHANGES
from test_every_operation import method

TEXT = "The system timed out while trying to fulfill the request. You can retry the request."
# How long a call waits here, in seconds: longer than any sync of a sound disk.
PATIENCE = 2
# Calls that are refused at once take no longer.
AT_ONCE = PATIENCE / 2


def models_it(operation):
    errors = MODEL.operation_model(operation).error_shapes
    return "DependencyTimeoutException" in {shape.name for shape in errors}


def times_out(operation):
    if models_it(operation):
        return refused("DependencyTimeoutException", TEXT, 503)
    return refused("KMSInternalException", status=500)


@pytest.fixture(scope="session")
def library(tmp_path_factory):
    made = tmp_path_factory.mktemp("hanging-disk") / "hanging_disk.so"
    source = pathlib.Path(__file__).with_name("hanging_disk.c")
    command = ["cc", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", made, source]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return made


class Disk:
    """A server on a disk that hangs when it is told to."""

    def __init__(self, library, folder, durability):
        self.control = folder / "hang"
        environment = {"LD_PRELOAD": str(library), "STRONGROOM_TEST_HANG": str(self.control)}
        self.server = Server.dev(
            folder / "data", "--audit-durability", durability,
            "--dependency-timeout-millis", PATIENCE * 1000, environment=environment,
        )  # fmt: skip
        self.kms = self.server.service(ACCOUNT)

    @contextlib.contextmanager
    def hangs(self, files=""):
        """All of it, or the files whose path has this in it."""
        written = self.control.with_suffix(".new")
        written.write_text(files)
        written.rename(self.control)
        try:
            yield
        finally:
            self.control.unlink()

    def ready(self):
        try:
            with urllib.request.urlopen(f"{self.server.endpoint}/readyz", timeout=AT_ONCE):
                return True
        except urllib.error.HTTPError as error:
            assert error.code == 503
            return False

    def wait_until(self, ready):
        end = time.monotonic() + 5 * PATIENCE
        while self.ready() != ready:
            assert time.monotonic() < end, self.server.stderr
            time.sleep(0.02)

    def threads_and_files(self):
        process = pathlib.Path(f"/proc/{self.server.process.pid}")
        return len(os.listdir(process / "task")), len(os.listdir(process / "fd"))

    def entries(self):
        entries = [json.loads(line) for line in journal(self.server.data_dir)]
        by_request = collections.defaultdict(list)
        for entry in entries:
            by_request[entry.get("requestID")].append(entry)
        return by_request

    def sound(self):
        """After the end: the journal is whole, and every row is as it says."""
        data = self.server.data_dir
        chain_holds(data)
        keys = data / "journal" / "public-keys"
        strongroom("audit", "verify", "--dir", data, "--public-key", keys)
        verified = strongroom("store", "verify", "--data-dir", data, "--output", "json")
        assert json.loads(verified.stdout)["clean"]


@pytest.fixture
def disk(library, tmp_path, request):
    disk = Disk(library, tmp_path, getattr(request, "param", "relaxed"))
    with disk.server:
        yield disk
    disk.sound()


def quickly(begun):
    took = time.monotonic() - begun
    assert took < AT_ONCE, f"{took} s"


@pytest.mark.timeout(180)
@pytest.mark.parametrize("disk", ["relaxed", "strict"], indirect=True)
def test_every_call_times_out_and_what_was_refused_at_once_is_done_when_the_disk_answers(disk):
    kms = disk.kms
    calls = {operation: prepare(kms, operation) for operation in sorted(MODEL.operation_names)}
    key = kms.key()
    kms.describe_key(KeyId=key.id)
    with disk.hangs():
        begun = time.monotonic()
        if disk.server.arguments[disk.server.arguments.index("--audit-durability") + 1] == "strict":
            # The first one waits, and so long.
            with times_out("DescribeKey"):
                kms.describe_key(KeyId=key.id)
            assert time.monotonic() - begun >= PATIENCE
        else:
            # Nobody waits for the sync of a line, but not for ever.
            kms.describe_key(KeyId=key.id)
            quickly(begun)
        disk.wait_until(ready=False)
        before = disk.threads_and_files()
        for operation, parameters in calls.items():
            begun = time.monotonic()
            with times_out(operation):
                getattr(kms, method(operation))(**parameters)
            quickly(begun)
        with concurrent.futures.ThreadPoolExecutor(32) as callers:
            list(callers.map(lambda _: in_vain(kms, key), range(400)))
        threads, files = disk.threads_and_files()
        assert threads <= before[0] + 2 and files <= before[1] + 40, (before, threads, files)
        assert not disk.ready()
    disk.wait_until(ready=True)
    for operation, parameters in calls.items():
        if operation not in OUTSIDE:
            getattr(kms, method(operation))(**parameters)


def request_of(caught):
    return caught.value.response["ResponseMetadata"]["RequestId"]


def in_vain(kms, key):
    with times_out("Encrypt"):
        kms.encrypt(KeyId=key.id, Plaintext=b"p")


@pytest.mark.timeout(120)
@pytest.mark.parametrize("disk", ["strict"], indirect=True)
def test_an_answer_that_nobody_waited_for_is_told_as_what_the_caller_heard(disk):
    kms = disk.kms
    key = kms.key()
    with disk.hangs("/journal/"):
        with times_out("Encrypt") as heard:
            kms.encrypt(KeyId=key.id, Plaintext=b"p")
    disk.wait_until(ready=True)
    kms.describe_key(KeyId=key.id)
    said, heard = disk.entries()[request_of(heard)]
    assert "errorCode" not in said
    assert heard["errorCode"] == "DependencyTimeoutException"
    assert heard["errorMessage"] == TEXT
    assert heard["eventID"] != said["eventID"]
    assert heard["eventName"] == said["eventName"] == "Encrypt"
    assert heard["requestParameters"] == said["requestParameters"]


@pytest.mark.timeout(180)
def test_a_change_that_is_waited_for_in_vain_comes_about_whole_and_is_recorded(disk):
    kms = disk.kms
    changes = sorted(CHANGES - OUTSIDE)
    calls = {operation: prepare(kms, operation) for operation in changes}
    reading = kms.key()

    def change(operation):
        begun = time.monotonic()
        with times_out(operation) as heard:
            getattr(kms, method(operation))(**calls[operation])
        return operation, request_of(heard), time.monotonic() - begun

    with disk.hangs("/store.sqlite"):
        with concurrent.futures.ThreadPoolExecutor(len(changes)) as callers:
            heard = list(callers.map(change, changes))
        assert all(took >= PATIENCE for _, _, took in heard), heard
        # No other is begun, while what only reads goes on.
        begun = time.monotonic()
        with times_out("TagResource"):
            kms.tag_resource(KeyId=reading.id, Tags=[{"TagKey": "k", "TagValue": "v"}])
        with times_out("CreateAlias"):
            kms.create_alias(AliasName="alias/never", TargetKeyId=reading.id)
        quickly(begun)
        kms.encrypt(KeyId=reading.id, Plaintext=b"p")
        assert kms.list_resource_tags(KeyId=reading.id)["Tags"] == []
        assert not disk.ready()
    disk.wait_until(ready=True)
    assert kms.list_resource_tags(KeyId=reading.id)["Tags"] == []
    assert kms.entry("alias/never") is None
    entries = disk.entries()
    for operation, request, _ in heard:
        told = [entry for entry in entries[request] if entry["awsRegion"] == kms.region]
        code = "DependencyTimeoutException" if models_it(operation) else "KMSInternalException"
        outcomes = sorted(entry.get("errorCode", "") for entry in told)
        assert outcomes == ["", code], f"{operation}: {told}"
        assert len({entry["eventID"] for entry in entries[request]}) == len(entries[request])
    # What came about is seen: the alias is gone that was to be deleted, and so on.
    assert kms.entry(calls["DeleteAlias"]["AliasName"]) is None
    assert kms.entry(calls["CreateAlias"]["AliasName"]) is not None
    assert kms.target(calls["UpdateAlias"]["AliasName"]) == calls["UpdateAlias"]["TargetKeyId"]
    states = {"DisableKey": "Disabled", "EnableKey": "Enabled", "CancelKeyDeletion": "Disabled"}
    for operation, state in states.items():
        described = kms.describe_key(KeyId=calls[operation]["KeyId"])["KeyMetadata"]
        assert described["KeyState"] == state, operation
