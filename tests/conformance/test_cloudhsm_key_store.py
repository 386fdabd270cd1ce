"""Keys in a CloudHSM key store on a PKCS#11 token, from end to end (custody §5).

The token is SoftHSM's.
"""

import concurrent.futures
import os
import pathlib
import re
import signal
import subprocess
import time

import pytest
from key_stores import (
    CLUSTER,
    PIN,
    SOFTHSM,
    STRANGE,
    connect,
    describe,
    disconnect,
    fresh_name,
    in_state,
    neither_rotates_nor_imports,
    settled,
)
from support import Server, account_of, part, refused, strongroom


def create(kms, outside, cluster=CLUSTER, pin=PIN):
    return kms.create_custom_key_store(
        CustomKeyStoreName=fresh_name(), CloudHsmClusterId=cluster, KeyStorePassword=pin,
        TrustAnchorCertificate=outside.anchor,
    )["CustomKeyStoreId"]  # fmt: skip


@pytest.fixture
def store(outside, owner):
    """A connected store; the cluster is free again after the test."""
    made = create(owner, outside)
    connect(owner, made)
    yield made
    release(owner, made)


def release(kms, store):
    """Takes the cluster from a store: its keys are deleted, and their waiting period passes."""
    if describe(kms, store)["ConnectionState"] != "DISCONNECTED":
        disconnect(kms, store)
    for page in kms.get_paginator("list_keys").paginate():
        for key in page["Keys"]:
            metadata = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
            if metadata["KeyState"] != "PendingDeletion":
                kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
    strongroom("clock", "advance", "8d", "--data-dir", kms.server.data_dir)
    kms.delete_custom_key_store(CustomKeyStoreId=store)


def hsm_key(kms, store, **parameters):
    return kms.key(Origin="AWS_CLOUDHSM", CustomKeyStoreId=store, **parameters)


def objects(outside):
    """The files of the tokens' objects."""
    return {
        path
        for path in (outside.folder / "tokens").rglob("*.object")
        if path.name != "token.object"
    }


def helper_of(server):
    """The process of the PKCS#11 module."""
    for folder in pathlib.Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parent = re.search(r"PPid:\s+(\d+)", (folder / "status").read_text())
                words = (folder / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if int(parent[1]) == server.process.pid and b"pkcs11-helper" in words:
                return int(folder.name)
    return None


def test_what_is_told_of_such_a_key(owner, store):
    key = hsm_key(owner, store)
    for metadata in (key.metadata, owner.describe_key(KeyId=key.id)["KeyMetadata"]):
        assert metadata["Origin"] == "AWS_CLOUDHSM"
        assert metadata["CustomKeyStoreId"] == store
        assert metadata["CloudHsmClusterId"] == CLUSTER
        assert metadata["KeyState"] == "Enabled"
        assert "XksKeyConfiguration" not in metadata


@pytest.mark.parametrize("size", [1, 4096])
def test_every_operation_that_such_a_key_has(owner, store, size):
    key = hsm_key(owner, store)
    plaintext, context = b"p" * size, {"a": "b"}
    blob = owner.encrypt(KeyId=key.id, Plaintext=plaintext, EncryptionContext=context)
    blob = blob["CiphertextBlob"]
    assert blob[:5] == b"SRK\x01\x03"
    assert len(blob) == size + 132 + 1 + 1 + 12 + 16 + 16
    opened = owner.decrypt(CiphertextBlob=blob, EncryptionContext=context)
    assert opened["Plaintext"] == plaintext

    data_key = owner.generate_data_key(KeyId=key.id, KeySpec="AES_256")
    assert owner.decrypt(CiphertextBlob=data_key["CiphertextBlob"])["Plaintext"] == (
        data_key["Plaintext"]
    )
    own = owner.key()
    moved = owner.re_encrypt(
        CiphertextBlob=blob, SourceEncryptionContext=context, DestinationKeyId=own.id
    )
    assert owner.decrypt(CiphertextBlob=moved["CiphertextBlob"])["Plaintext"] == plaintext


def test_a_ciphertext_opens_only_whole_and_in_its_context(owner, store):
    key = hsm_key(owner, store)
    blob = owner.encrypt(KeyId=key.id, Plaintext=b"x", EncryptionContext={"a": "b"})
    blob = blob["CiphertextBlob"]
    message = (
        "The CloudHSM cluster rejected the request because the specified ciphertext or additional"
        " authenticated data is corrupted, missing, or otherwise invalid."
    )
    with refused("KMSInvalidStateException", message):
        owner.decrypt(CiphertextBlob=blob)
    for at in (75, 135, 150, len(blob) - 1):
        altered = blob[:at] + bytes([blob[at] ^ 1]) + blob[at + 1 :]
        with refused("KMSInvalidStateException", message):
            owner.decrypt(CiphertextBlob=altered, EncryptionContext={"a": "b"})


def test_random_bytes_of_the_module(outside, owner, store):
    drawn = {
        owner.generate_random(NumberOfBytes=16, CustomKeyStoreId=store)["Plaintext"]
        for _ in range(20)
    }
    assert len(drawn) == 20
    answer = owner.generate_random(NumberOfBytes=1024, CustomKeyStoreId=store)
    assert len(answer["Plaintext"]) == 1024
    disconnect(owner, store)
    with refused("CustomKeyStoreInvalidStateException", in_state(store, "DISCONNECTED")):
        owner.generate_random(NumberOfBytes=1, CustomKeyStoreId=store)
    with refused("CustomKeyStoreInvalidStateException", in_state(store, "DISCONNECTED")):
        hsm_key(owner, store)


def test_the_object_is_made_with_the_key_and_goes_with_it(outside, owner):
    before = objects(outside)
    store = create(owner, outside)
    connect(owner, store)
    hsm_key(owner, store)
    [made] = objects(outside) - before
    # It goes because the store is connected; else nobody is logged in who could remove it.
    for key in owner.list_keys()["Keys"]:
        owner.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
    strongroom("clock", "advance", "8d", "--data-dir", outside.server.data_dir)
    assert not made.exists()
    disconnect(owner, store)
    owner.delete_custom_key_store(CustomKeyStoreId=store)


def test_what_cannot_be_in_a_store(owner, store):
    with refused("UnsupportedOperationException", part("A multi-Region key")):
        hsm_key(owner, store, MultiRegion=True)
    message = f"Origin EXTERNAL_KEY_STORE does not match the type of custom key store {store}."
    with refused("ValidationException", message):
        owner.create_key(Origin="EXTERNAL_KEY_STORE", CustomKeyStoreId=store, XksKeyId="key-1")


def test_it_neither_rotates_nor_takes_imported_material(owner, store):
    key = hsm_key(owner, store)
    neither_rotates_nor_imports(owner, key)
    disconnect(owner, store)
    neither_rotates_nor_imports(owner, key)


def test_keys_are_unavailable_while_the_store_is_disconnected(outside, owner, store):
    key = hsm_key(owner, store)
    blob = owner.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    disconnect(owner, store)
    # With the connection the process goes that knows the password.
    for _ in range(100):
        if helper_of(outside.server) is None:
            break
        time.sleep(0.05)
    assert helper_of(outside.server) is None
    assert owner.state(key) == "Unavailable"
    with refused("KMSInvalidStateException", f"{key.arn} is unavailable."):
        owner.decrypt(CiphertextBlob=blob)
    connect(owner, store)
    assert owner.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def test_a_store_is_being_disconnected_while_its_module_is_busy(outside, owner, store):
    key = hsm_key(owner, store)
    blob = owner.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    module = helper_of(outside.server)
    with concurrent.futures.ThreadPoolExecutor(1) as caller:
        os.kill(module, signal.SIGSTOP)
        try:
            busy = caller.submit(owner.decrypt, CiphertextBlob=blob)
            time.sleep(0.5)
            owner.disconnect_custom_key_store(CustomKeyStoreId=store)
            assert describe(owner, store)["ConnectionState"] == "DISCONNECTING"
            assert owner.state(key) == "Unavailable"
            with refused("KMSInvalidStateException", f"{key.arn} is unavailable."):
                owner.decrypt(CiphertextBlob=blob)
            for call in (
                owner.connect_custom_key_store,
                owner.disconnect_custom_key_store,
                owner.delete_custom_key_store,
            ):
                with refused(
                    "CustomKeyStoreInvalidStateException", in_state(store, "DISCONNECTING")
                ):
                    call(CustomKeyStoreId=store)
        finally:
            os.kill(module, signal.SIGCONT)
        # What was under way comes to its end.
        assert busy.result()["Plaintext"] == b"x"
    end = time.monotonic() + 20
    while describe(owner, store)["ConnectionState"] != "DISCONNECTED":
        assert time.monotonic() < end
        time.sleep(0.02)
    connect(owner, store)
    assert owner.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def test_a_connected_store_is_connected_after_a_restart(outside, tmp_path):
    server = outside.start("restarted-cluster")
    kms = server.service(account_of("restarted-cluster"))
    store = create(kms, outside, STRANGE)
    connect(kms, store)
    key = hsm_key(kms, store)
    blob = kms.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    server.kill()
    with outside.start("restarted-cluster") as server:
        kms = server.service(account_of("restarted-cluster"))
        assert describe(kms, store)["ConnectionState"] == "CONNECTED"
        # The token is logged in to when it is needed.
        assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


SPOILT = "cluster-2a23b4cdefs"


@pytest.fixture(scope="module")
def spoilt(outside, tmp_path_factory):
    """A server with a cluster whose module is well or not as a file says."""
    folder = tmp_path_factory.mktemp("spoilt")
    module, source = folder / "spoilt.so", pathlib.Path(__file__).with_name("spoilt_module.c")
    command = ["cc", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", module, source]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    settings = folder / "key-stores.toml"
    settings.write_text(
        f'[[hsm_cluster]]\nid = "{SPOILT}"\nmodule = "{module}"\ntoken = "main"\n'
        f'trust_anchor = "{outside.folder / "anchor.pem"}"\n'
    )
    control = folder / "control"
    environment = {"SPOILT_MODULE": SOFTHSM, "SPOILT_CONTROL": str(control)}
    with Server.dev(
        folder / "data", "--key-stores", settings, environment=outside.environment | environment
    ) as server:
        yield server.service(), control


def test_a_cluster_has_to_be_active_and_to_have_what_is_needed(outside, spoilt):
    kms, control = spoilt
    unfit = f"{SPOILT} does not fulfil the requirements of a CloudHSM key store."
    control.write_text("dead")
    with refused("CloudHsmClusterNotActiveException", f"{SPOILT} is not active."):
        create(kms, outside, SPOILT)
    control.write_text("mechanisms")
    with refused("CloudHsmClusterInvalidConfigurationException", unfit):
        create(kms, outside, SPOILT)
    control.write_text("well")
    store = create(kms, outside, SPOILT)

    changes = {"CustomKeyStoreId": store, "CloudHsmClusterId": SPOILT, "KeyStorePassword": PIN}
    control.write_text("dead")
    with refused("CloudHsmClusterNotActiveException", f"{SPOILT} is not active."):
        kms.update_custom_key_store(**changes)
    control.write_text("mechanisms")
    with refused("CloudHsmClusterInvalidConfigurationException", unfit):
        kms.update_custom_key_store(**changes)
    control.write_text("well")
    kms.update_custom_key_store(**changes)

    connect(kms, store)
    control.write_text("keys")
    with refused("CloudHsmClusterInvalidConfigurationException"):
        hsm_key(kms, store)
    control.write_text("well")
    hsm_key(kms, store)


def test_a_wrong_password_is_told_and_not_tried_again(outside, owner):
    store = create(owner, outside, STRANGE, "not-the-pin")
    owner.connect_custom_key_store(CustomKeyStoreId=store)
    entry = settled(owner, store)
    assert (entry["ConnectionState"], entry["ConnectionErrorCode"]) == (
        "FAILED", "INVALID_CREDENTIALS",
    )  # fmt: skip
    disconnect(owner, store)
    owner.update_custom_key_store(CustomKeyStoreId=store, KeyStorePassword=PIN)
    connect(owner, store)
    disconnect(owner, store)
    owner.delete_custom_key_store(CustomKeyStoreId=store)


def test_a_crash_of_the_module_takes_nothing_along(outside, owner, store):
    key = hsm_key(owner, store)
    blob = owner.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    for signum in (signal.SIGKILL, signal.SIGABRT):
        before = helper_of(outside.server)
        os.kill(before, signum)
        assert owner.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
        assert helper_of(outside.server) not in (None, before)
    assert owner.encrypt(KeyId=key.id, Plaintext=b"y")["CiphertextBlob"]


def test_a_module_that_hangs_is_given_up(outside, owner, store):
    key = hsm_key(owner, store)
    os.kill(helper_of(outside.server), signal.SIGSTOP)
    stopped = helper_of(outside.server)
    try:
        with refused("KMSInvalidStateException", part("could not be reached.")):
            owner.encrypt(KeyId=key.id, Plaintext=b"x")
    finally:
        os.kill(stopped, signal.SIGCONT)
    assert owner.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]


def test_many_at_once(owner, store):
    key = hsm_key(owner, store)

    def use(at):
        blob = owner.encrypt(KeyId=key.id, Plaintext=b"%d" % at)["CiphertextBlob"]
        return owner.decrypt(CiphertextBlob=blob)["Plaintext"] == b"%d" % at

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        assert all(pool.map(use, range(100)))


def test_an_object_that_is_gone_is_the_state_of_its_key(outside, owner, store):
    before = objects(outside)
    key = hsm_key(owner, store)
    [made] = objects(outside) - before
    owner.encrypt(KeyId=key.id, Plaintext=b"x")
    disconnect(owner, store)
    for path in (made, made.with_suffix(".lock")):
        path.unlink(missing_ok=True)
    connect(owner, store)
    message = f"The key material of {key.arn} is not in its CloudHSM cluster any more."
    with refused("KMSInvalidStateException", message):
        owner.encrypt(KeyId=key.id, Plaintext=b"x")


def test_it_all_outlives_the_server(outside, owner, store):
    """Another server with another store, since a cluster has one store in each server."""
    server = outside.start("hsm")
    kms = server.service(account_of("hsm"))
    made = create(kms, outside, STRANGE)
    connect(kms, made)
    key = hsm_key(kms, made)
    blob = kms.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    server.kill()
    with outside.start("hsm") as server:
        kms = server.service(account_of("hsm"))
        assert describe(kms, made)["ConnectionState"] == "CONNECTED"
        assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
        release(kms, made)


def test_the_helper_knows_no_secret_of_ours(outside, owner, store):
    """Neither arguments nor environment of the process hold one."""
    hsm_key(owner, store)
    process = pathlib.Path(f"/proc/{helper_of(outside.server)}")
    words = (process / "cmdline").read_bytes()
    assert PIN.encode() not in words
    try:
        environment = (process / "environ").read_bytes()
    except PermissionError:
        environment = b""  # Not dumpable, and we are not root.
    assert b"STRONGROOM_" not in environment
    assert PIN not in outside.server.stderr
