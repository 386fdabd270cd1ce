"""`strongroom init` and `serve`: seals, the root's access key, one process per folder, root key
rotation and the journal (design.md §1, §2; decisions.md 5, 10, 22).
"""

import json
import os
import pathlib
import sqlite3
import stat

import httpx
import pytest
from support import (
    ACCOUNT,
    Server,
    boto_client,
    chain_holds,
    fresh_name,
    init,
    journal,
    refused,
    strongroom,
)


class Installation:
    def __init__(self, directory, *arguments):
        self.data = directory / "data"
        self.key_file = directory / "seal.key"
        self.seal = f"key-file={self.key_file}"
        made = init(self.data, self.seal, "--region", "us-east-1", "--region", "eu-west-1", *arguments)
        self.access_key, self.secret = made["access_key_id"], made["secret_access_key"]

    def serve(self, *arguments, seal=None, **options):
        return Server.serve(self.data, seal or self.seal, *arguments, **options)

    def client(self, server, region="us-east-1", **options):
        return boto_client("kms", server.endpoint, self.access_key, region, self.secret, **options)

    def refuses_to_serve(self, *seals):
        arguments = ["serve", "--listen", "127.0.0.1:0", "--data-dir", self.data]
        for seal in seals:
            arguments += ["--seal", seal]
        said = strongroom(*arguments, fails=True)
        assert "panicked" not in said.stderr
        assert len(said.stderr.strip()) > 20, said.stderr
        return said.stderr

    def seals(self):
        return strongroom("seal", "list", "--data-dir", self.data).stdout


@pytest.fixture
def installation(tmp_path):
    return Installation(tmp_path)


def test_init_prints_the_access_key_once_and_it_works(installation):
    assert 16 <= len(installation.access_key) <= 128
    assert len(installation.secret) >= 40
    assert stat.S_IMODE(installation.key_file.stat().st_mode) == 0o600
    assert len(installation.key_file.read_bytes()) == 32
    with installation.serve() as server:
        kms = installation.client(server)
        key = kms.create_key()["KeyMetadata"]
        assert key["Arn"].startswith(f"arn:aws:kms:us-east-1:{ACCOUNT}:key/")
        sts = boto_client("sts", server.endpoint, installation.access_key, secret=installation.secret)
        assert sts.get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"
        assert installation.secret not in server.stdout + server.stderr
    said = strongroom(
        "init", "--data-dir", installation.data, "--seal", installation.seal, "--account", ACCOUNT,
        fails=True,
    )  # fmt: skip
    assert "AKIA" not in said.stdout


def test_signatures_are_enforced(installation):
    with installation.serve() as server:
        for access_key, secret in ((ACCOUNT, "any"), (installation.access_key, "wrong")):
            kms = boto_client("kms", server.endpoint, access_key, secret=secret)
            with refused("UnrecognizedClientException" if access_key == ACCOUNT else "InvalidSignatureException"):
                kms.list_keys()
        with server.raw() as raw:
            assert raw.call("ListKeys").status == 400
            unsigned = raw.call("ListKeys", headers={"Authorization": None})
            assert unsigned.code == "MissingAuthenticationTokenException"


def test_regions_are_those_of_the_installation(installation):
    with installation.serve() as server:
        for region in ("us-east-1", "eu-west-1"):
            assert installation.client(server, region).list_keys()["Keys"] == []
        with refused("InvalidSignatureException"):
            installation.client(server, "eu-north-1").list_keys()


def test_everything_is_there_after_a_restart(installation):
    name = fresh_name()
    with installation.serve() as server:
        kms = installation.client(server)
        key = kms.create_key(Description="kept", Tags=[{"TagKey": "a", "TagValue": "b"}])
        key = key["KeyMetadata"]
        kms.create_alias(AliasName=name, TargetKeyId=key["KeyId"])
        blob = kms.encrypt(KeyId=name, Plaintext=b"kept")["CiphertextBlob"]
        entry = kms.list_aliases()["Aliases"]
    with installation.serve() as server:
        kms = installation.client(server)
        assert kms.describe_key(KeyId=name)["KeyMetadata"] == key
        assert kms.list_aliases()["Aliases"] == entry
        assert kms.list_resource_tags(KeyId=key["KeyId"])["Tags"]
        assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"kept"


def test_health(installation):
    with installation.serve() as server, httpx.Client(base_url=server.endpoint) as client:
        for path in ("/healthz", "/readyz"):
            assert client.get(path).status_code == 200


# --- Seals ---------------------------------------------------------------------------------------


def test_a_wrong_or_missing_seal_refuses_the_start_with_a_sentence(installation, tmp_path):
    other = tmp_path / "other.key"
    other.write_bytes(os.urandom(32))
    other.chmod(0o600)
    installation.refuses_to_serve()
    installation.refuses_to_serve(f"key-file={other}")
    assert str(tmp_path / "none.key") in installation.refuses_to_serve(f"key-file={tmp_path}/none.key")
    other.write_bytes(b"short")
    assert str(other) in installation.refuses_to_serve(f"key-file={other}")
    installation.key_file.chmod(0o644)
    assert "chmod 600" in installation.refuses_to_serve(installation.seal)
    installation.key_file.chmod(0o600)
    with installation.serve() as server:
        assert installation.client(server).list_keys()


def test_a_key_file_next_to_the_data_protects_nothing(tmp_path):
    said = strongroom(
        "init", "--data-dir", tmp_path / "data", "--seal", f"key-file={tmp_path}/data/seal.key",
        "--account", ACCOUNT, fails=True,
    )  # fmt: skip
    assert len(said.stderr.strip()) > 20


def test_a_folder_that_was_never_initialised(tmp_path):
    seal = tmp_path / "seal.key"
    seal.write_bytes(os.urandom(32))
    seal.chmod(0o600)
    said = strongroom(
        "serve", "--listen", "127.0.0.1:0", "--data-dir", tmp_path / "none", "--seal",
        f"key-file={seal}", fails=True,
    )  # fmt: skip
    assert "init" in said.stderr


def passphrase(tmp_path, name="passphrase", words="correct horse battery staple"):
    file = tmp_path / name
    file.write_text(words + "\n")
    file.chmod(0o600)
    return f"passphrase=file:{file}"


def listed(installation):
    return json.loads(
        strongroom("seal", "list", "--data-dir", installation.data, "--output", "json").stdout
    )


@pytest.mark.timeout(120)
def test_a_second_seal_opens_the_same_store_and_the_first_can_go(installation, tmp_path):
    with installation.serve() as server:
        kms = installation.client(server)
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    words = passphrase(tmp_path)
    before = installation.seals()
    strongroom("seal", "verify", "--data-dir", installation.data, "--seal", installation.seal)
    strongroom("seal", "verify", "--data-dir", installation.data, "--seal", words, fails=True)
    strongroom(
        "seal", "add", "--data-dir", installation.data, "--seal", installation.seal, "--new", words
    )
    assert "passphrase" in installation.seals()
    assert "passphrase" not in before
    strongroom("seal", "verify", "--data-dir", installation.data, "--seal", words)
    for seal in (words, installation.seal):
        with installation.serve(seal=seal) as server:
            opened = installation.client(server).decrypt(CiphertextBlob=blob)
            assert opened["Plaintext"] == b"x"
    # The key file goes; the last seal may not.
    kinds = {seal["id"]: json.dumps(seal) for seal in seals_in(listed(installation))}
    [first] = [identifier for identifier, text in kinds.items() if "key-file" in text or "key_file" in text]
    [second] = set(kinds) - {first}
    strongroom("seal", "remove", "--data-dir", installation.data, "--seal", words, "--id", first)
    installation.refuses_to_serve(installation.seal)
    strongroom(
        "seal", "remove", "--data-dir", installation.data, "--seal", words, "--id", second, fails=True
    )
    wrong = passphrase(tmp_path, "wrong", "incorrect horse")
    installation.refuses_to_serve(wrong)
    with installation.serve(seal=words) as server:
        assert installation.client(server).decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def seals_in(value):
    return value["seals"] if isinstance(value, dict) else value


# --- One process per folder ----------------------------------------------------------------------


def test_a_second_process_on_the_folder_is_refused(installation):
    with installation.serve() as server:
        said = installation.refuses_to_serve(installation.seal)
        assert str(installation.data) in said
        assert installation.client(server).list_keys()
    # The lock went with the process, also when it was killed.
    server = installation.serve()
    server.kill()
    with installation.serve() as server:
        assert installation.client(server).list_keys()


# --- Rotation of the root key --------------------------------------------------------------------


def test_rotating_the_root_key_touches_no_ciphertext(installation, tmp_path):
    with installation.serve() as server:
        kms = installation.client(server)
        keys = [kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(5)]
        blobs = {key: kms.encrypt(KeyId=key, Plaintext=key.encode())["CiphertextBlob"] for key in keys}
    for _ in range(2):
        strongroom("root-key", "rotate", "--data-dir", installation.data, "--seal", installation.seal)
    with installation.serve() as server:
        kms = installation.client(server)
        for key, blob in blobs.items():
            opened = kms.decrypt(CiphertextBlob=blob)
            assert opened["Plaintext"] == key.encode()
            assert opened["KeyId"].endswith(key)
        kms.create_key()
    strongroom("store", "verify", "--data-dir", installation.data, "--seal", installation.seal)


def test_rotating_under_a_running_server(installation):
    with installation.serve() as server:
        kms = installation.client(server)
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
        ran = strongroom(
            "root-key", "rotate", "--data-dir", installation.data, "--seal", installation.seal
        )
        assert ran.returncode == 0
        assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
        kms.create_key()
    with installation.serve() as server:
        assert installation.client(server).decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


# --- The journal ---------------------------------------------------------------------------------


def entries(data):
    return [json.loads(line) for line in journal(data)]


def test_every_call_has_its_entry_and_the_chain_holds(installation):
    asked = {}
    with installation.serve() as server:
        kms = installation.client(server)

        def note(name, answer):
            asked[answer["ResponseMetadata"]["RequestId"]] = (name, None)
            return answer

        def fail(name, code, call):
            with refused(code) as caught:
                call()
            asked[caught.value.response["ResponseMetadata"]["RequestId"]] = (name, code)

        key = note("CreateKey", kms.create_key())["KeyMetadata"]
        other = note("CreateKey", kms.create_key())["KeyMetadata"]
        name = fresh_name()
        note("CreateAlias", kms.create_alias(AliasName=name, TargetKeyId=key["KeyId"]))
        encrypted = kms.encrypt(KeyId=name, Plaintext=b"x", EncryptionContext={"a": "b"})
        blob = note("Encrypt", encrypted)["CiphertextBlob"]
        moved = note("UpdateAlias", kms.update_alias(AliasName=name, TargetKeyId=other["KeyId"]))
        note("ListAliases", kms.list_aliases())
        note("GenerateRandom", kms.generate_random(NumberOfBytes=8))
        note("DisableKey", kms.disable_key(KeyId=key["KeyId"]))
        fail("Decrypt", "DisabledException", lambda: kms.decrypt(CiphertextBlob=blob))
        fail("DescribeKey", "NotFoundException", lambda: kms.describe_key(KeyId="alias/none"))
        fail("Encrypt", "ValidationException", lambda: kms.encrypt(KeyId=key["KeyId"]))
        fail("Sign", "InvalidKeyUsageException", lambda: kms.sign(
            KeyId=key["KeyId"], Message=b"x", SigningAlgorithm="ECDSA_SHA_256"))  # fmt: skip
        fail("Encrypt", "DryRunOperationException", lambda: kms.encrypt(
            KeyId=other["KeyId"], Plaintext=b"x", DryRun=True))  # fmt: skip
        note("DeleteAlias", kms.delete_alias(AliasName=name))

    told = {entry["requestID"]: entry for entry in entries(installation.data) if "requestID" in entry}
    for identifier, (name_, code) in asked.items():
        entry = told[identifier]
        assert entry["eventName"] == name_
        assert entry.get("errorCode") == code
        assert entry["awsRegion"] == "us-east-1"
        assert entry["userIdentity"]["arn"] == f"arn:aws:iam::{ACCOUNT}:root"
        assert entry["userIdentity"]["accountId"] == ACCOUNT
        assert entry["userIdentity"]["type"] == "Root"
        assert entry["userIdentity"]["accessKeyId"] == installation.access_key
        assert entry["eventTime"].endswith("Z")
    joined = told[moved["ResponseMetadata"]["RequestId"]]
    resources = {resource["ARN"] for resource in joined["resources"]}
    assert {f"arn:aws:kms:us-east-1:{ACCOUNT}:{name}", key["Arn"], other["Arn"]} >= resources
    assert {f"arn:aws:kms:us-east-1:{ACCOUNT}:{name}", other["Arn"]} <= resources
    chain_holds(installation.data)

    # It goes on after a restart, and after a kill.
    for end in (Server.stop, Server.kill):
        before = len(journal(installation.data))
        server = installation.serve()
        answer = installation.client(server).create_key()
        end(server)
        with installation.serve():
            pass
        assert len(journal(installation.data)) > before
        ids = [entry.get("requestID") for entry in entries(installation.data)]
        assert ids.count(answer["ResponseMetadata"]["RequestId"]) == 1
        chain_holds(installation.data)


def test_strangers_do_not_fill_the_journal(installation):
    with installation.serve() as server:
        before = len(journal(installation.data))
        with server.raw() as raw:
            for _ in range(200):
                assert raw.call("ListKeys").status == 400
        assert len(journal(installation.data)) == before


# --- The store -----------------------------------------------------------------------------------


def test_the_store_verifies_and_a_changed_row_is_named(installation):
    with installation.serve() as server:
        kms = installation.client(server)
        for _ in range(5):
            key = kms.create_key()["KeyMetadata"]["KeyId"]
            kms.create_alias(AliasName=fresh_name("verify"), TargetKeyId=key)
    verify = ("store", "verify", "--data-dir", installation.data, "--seal", installation.seal)
    strongroom(*verify)
    changed = False
    for file in sorted(pathlib.Path(installation.data).rglob("*")):
        content = file.read_bytes() if file.is_file() else b""
        if content.startswith(b"SQLite format 3"):
            change_one_row(file)
            changed = True
    assert changed, "no store found"
    said = strongroom(*verify, fails=True)
    assert said.stdout + said.stderr


def change_one_row(file):
    """Flips one bit of the value of one row, as somebody with the disk could."""
    store = sqlite3.connect(file)
    tables = [name for (name,) in store.execute("SELECT name FROM sqlite_master WHERE type='table'")]
    widest = None
    for table in tables:
        for column in store.execute(f"PRAGMA table_info('{table}')").fetchall():
            if not _has_rowid(store, table):
                continue
            found = store.execute(
                f"SELECT rowid, \"{column[1]}\" FROM '{table}' WHERE typeof(\"{column[1]}\") = 'blob' "
                f"ORDER BY length(\"{column[1]}\") DESC LIMIT 1"
            ).fetchone()
            if found and (widest is None or len(found[1]) > len(widest[3])):
                widest = (table, column[1], *found)
    table, column, row, value = widest
    flipped = bytearray(value)
    flipped[len(value) // 2] ^= 1
    store.execute(f"UPDATE '{table}' SET \"{column}\" = ? WHERE rowid = ?", (bytes(flipped), row))
    store.commit()
    store.close()


def _has_rowid(store, table):
    try:
        store.execute(f"SELECT rowid FROM '{table}' LIMIT 1")
    except sqlite3.OperationalError:
        return False
    return True
