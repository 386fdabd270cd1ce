"""The disk is full, turns read-only, or takes no more: `docs/operating.md`, "Bad days".

Calls are refused with an error that SDKs retry, nothing that was acknowledged is lost, and the
service resumes when the disk does. The disks are real ones, of a size that a test can fill; only
root may mount them. What needs no mount is a limit on the server's files, which fails every write
of the process from one moment to the next.
"""

import contextlib
import http.client
import json
import os
import resource
import signal
import subprocess

import pytest
from prepared_calls import prepare
from support import (
    ACCOUNT,
    MODEL,
    STATUS,
    Server,
    chain_holds,
    init,
    pages,
    refused,
    strongroom,
)
from test_every_operation import method

mounts = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a file system")
MEGABYTE = 1 << 20
# Ours: AWS does not say what the message is.
TRY_AGAIN = "The request could not be completed. Try again."
# More than the slack of the last pages of a disk that is full can hold.
UNTIL_REFUSED = 400


def run(*command):
    subprocess.run(list(map(str, command)), check=True, capture_output=True, timeout=30)


@contextlib.contextmanager
def mounted(directory, *options):
    directory.mkdir()
    run("mount", *options, directory)
    try:
        yield directory
    finally:
        run("umount", directory)


class Clients:
    """Calls as they come, and what their callers were told."""

    def __init__(self, server):
        self.told = {}
        self.keys = []
        self.use(server)

    def use(self, server):
        self.server = server
        self.raw = server.raw(timeout=20)

    def call(self, operation, **body):
        """The answer, which is either good or one that SDKs retry."""
        answer = self.raw.call(operation, body, ACCOUNT)
        if answer.status != 200:
            assert answer.code == "KMSInternalException", answer.body
            assert answer.status == STATUS["KMSInternalException"] == 500
            assert answer.message, answer.body
        return answer

    def ready(self):
        """What a load balancer hears."""
        connection = http.client.HTTPConnection(self.server.host, self.server.port, timeout=10)
        with contextlib.closing(connection):
            connection.request("GET", "/readyz")
            answer = connection.getresponse()
            assert json.loads(answer.read())["status"] == ("ready" if answer.status == 200 else "not ready")
            return answer.status == 200

    def must(self, operation, **body):
        answer = self.call(operation, **body)
        assert answer.status == 200, (operation, answer.body)
        return answer.json if answer.body else None

    def key(self):
        self.keys.append(self.must("CreateKey")["KeyMetadata"]["KeyId"])
        return self.keys[-1]

    def alias(self, name, key):
        """Creates or moves an alias, and notes where it is if that was acknowledged."""
        operation = "UpdateAlias" if name in self.told else "CreateAlias"
        answer = self.call(operation, AliasName=name, TargetKeyId=key)
        if answer.status == 200:
            self.told[name] = key
        return answer.status == 200

    def until_refused(self):
        """Changes things until one change is refused."""
        for number in range(UNTIL_REFUSED):
            if not self.alias(f"alias/disk-{number % 7}", self.keys[number % 2]):
                return
        raise AssertionError("a disk that takes nothing took everything")

    def until_reads_are_refused(self, blob):
        for _ in range(UNTIL_REFUSED):
            if self.call("Decrypt", CiphertextBlob=blob).status != 200:
                return
        raise AssertionError("the journal of a disk that takes nothing took everything")

    def check(self, blob, text):
        """All that was acknowledged is there, and nothing is half there."""
        kms = self.server.service(ACCOUNT)
        aliases = {
            entry["AliasName"]: entry["TargetKeyId"]
            for entry in pages(kms, "list_aliases", "Aliases", Limit=100)
        }
        for name, key in self.told.items():
            assert aliases[name] == key
        for key in self.keys:
            listed = pages(kms, "list_aliases", "Aliases", KeyId=key)
            assert {entry["AliasName"] for entry in listed} == {
                name for name, target in aliases.items() if target == key
            }
        assert self.must("Decrypt", CiphertextBlob=blob)["Plaintext"] == text


def sound(data, *seal):
    """The journal is whole, and every row is as it says."""
    chain_holds(data)
    verified = strongroom("store", "verify", "--data-dir", data, *seal, "--output", "json")
    assert json.loads(verified.stdout)["clean"]


def prepared(server):
    clients = Clients(server)
    clients.key(), clients.key()
    text = "YXR0YWNrIGF0IGRhd24="
    blob = clients.must("Encrypt", KeyId=clients.keys[0], Plaintext=text)["CiphertextBlob"]
    assert clients.alias("alias/disk-0", clients.keys[0])
    return clients, blob, text


def fill(directory):
    """Takes all the space that is left, to the last page."""
    balloon = directory / "balloon"
    with open(balloon, "wb") as file, contextlib.suppress(OSError):
        for size in (1 << 16, 1 << 12, 1):
            with contextlib.suppress(OSError):
                while True:
                    os.write(file.fileno(), b"\0" * size)
    return balloon


@mounts
@pytest.mark.parametrize("durability", ["relaxed", "strict"])
def test_a_full_disk_refuses_and_resumes_when_there_is_space(tmp_path, durability):
    with mounted(tmp_path / "disk", "-t", "tmpfs", "-o", "size=12m", "none") as disk:
        data = disk / "data"
        arguments = ["--audit-durability", durability]
        with Server(
            ["dev", "--listen", "127.0.0.1:0", "--data-dir", data, *arguments], tmp_path / "logs"
        ) as server:
            clients, blob, text = prepared(server)
            for _ in range(2):
                balloon = fill(disk)
                clients.until_refused()
                clients.until_reads_are_refused(blob)
                assert "No space left on device" in server.stderr
                # It stays so, for everybody, and who asks is told.
                assert clients.call("CreateKey").status == 500
                assert not clients.ready()
                balloon.unlink()
                # A load balancer sends no calls before it hears this.
                assert clients.ready()
                # Nobody restarts anything. A new key, a moved alias, an old ciphertext.
                clients.key()
                for name in list(clients.told):
                    assert clients.alias(name, clients.keys[-1])
                clients.check(blob, text)
        with Server(
            ["dev", "--listen", "127.0.0.1:0", "--data-dir", data, *arguments], tmp_path / "logs"
        ) as server:
            clients.use(server)
            clients.check(blob, text)
        sound(data)


@mounts
def test_a_full_disk_that_is_killed_has_all_that_was_acknowledged(tmp_path):
    with mounted(tmp_path / "disk", "-t", "tmpfs", "-o", "size=12m", "none") as disk:
        server = Server.dev(disk / "data")
        clients, blob, text = prepared(server)
        balloon = fill(disk)
        clients.until_refused()
        server.kill()
        balloon.unlink()
        with Server.dev(disk / "data") as server:
            clients.use(server)
            clients.check(blob, text)
        sound(disk / "data")


@mounts
def test_a_disk_that_turns_read_only_refuses_and_serves_again_after_a_restart(tmp_path):
    image = tmp_path / "image"
    with open(image, "wb") as file:
        file.truncate(48 * MEGABYTE)
    run("mkfs.ext4", "-q", "-F", image)
    mount = ["-o", "loop,errors=remount-ro", image]
    with mounted(tmp_path / "disk", *mount) as disk:
        # The folder with the logs is elsewhere: they must not be lost with the disk.
        server = Server(
            ["dev", "--listen", "127.0.0.1:0", "--data-dir", disk / "data"], tmp_path / "logs"
        )
        clients, blob, text = prepared(server)
        # As after a fault of the medium: the kernel takes no more writes, to open files either.
        run("mount", "-o", "remount,abort", disk)
        with pytest.raises(OSError, match="[Rr]ead-only"):
            (disk / "data" / "probe").touch()
        clients.until_refused()
        clients.until_reads_are_refused(blob)
        assert not clients.ready()
        # It cannot write its journal any more, so it does not end as if all were well.
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(15) != 0
        assert "panicked" not in server.stderr
    (tmp_path / "disk").rmdir()
    with mounted(tmp_path / "disk", *mount) as disk:
        with Server(
            ["dev", "--listen", "127.0.0.1:0", "--data-dir", disk / "data"], tmp_path / "logs"
        ) as server:
            clients.use(server)
            clients.check(blob, text)
            clients.key()
            assert clients.alias("alias/disk-0", clients.keys[-1])
        sound(disk / "data")


@mounts
def test_a_read_only_disk_refuses_the_start_with_a_sentence(tmp_path):
    with mounted(tmp_path / "disk", "-t", "tmpfs", "-o", "size=12m", "none") as disk:
        key_file = tmp_path / "seal.key"
        init(disk / "data", f"key-file={key_file}")
        run("mount", "-o", "remount,ro", disk)
        said = strongroom(
            "serve", "--listen", "127.0.0.1:0", "--data-dir", disk / "data",
            "--seal", f"key-file={key_file}", fails=True,
        )  # fmt: skip
        assert "panicked" not in said.stderr
        assert "ead-only" in said.stderr, said.stderr
        run("mount", "-o", "remount,rw", disk)
        with Server.serve(disk / "data", f"key-file={key_file}"):
            pass


@contextlib.contextmanager
def no_writes(server):
    """Every write of the server's to a file fails while this lasts."""
    pid = server.process.pid
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("durability", ["relaxed", "strict"])
def test_writes_that_fail_are_refused_and_the_service_resumes(tmp_path, durability):
    data = tmp_path / "data"
    with Server.dev(data, "--audit-durability", durability) as server:
        clients, blob, text = prepared(server)
        for _ in range(3):
            with no_writes(server):
                # At once: nothing of the disk is left to use up.
                assert not clients.alias("alias/disk-1", clients.keys[1])
                assert clients.call("Decrypt", CiphertextBlob=blob).status == 500
                assert clients.call("DescribeKey", KeyId=clients.keys[0]).status == 500
                assert clients.call("ListKeys").status == 500
                assert not clients.ready()
            assert clients.ready()
            clients.key()
            for name in list(clients.told):
                assert clients.alias(name, clients.keys[-1])
            clients.check(blob, text)
    with Server.dev(data, "--audit-durability", durability) as server:
        clients.use(server)
        clients.check(blob, text)
    sound(data)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("durability", ["relaxed", "strict"])
def test_every_call_is_refused_while_writes_fail(tmp_path, durability):
    data = tmp_path / "data"
    with Server.dev(data, "--audit-durability", durability) as server:
        kms = server.service(ACCOUNT)
        calls = {name: prepare(kms, name) for name in sorted(MODEL.operation_names)}
        with no_writes(server):
            for operation, parameters in calls.items():
                with refused("KMSInternalException", TRY_AGAIN, 500):
                    getattr(kms, method(operation))(**parameters)
        # A call that was refused has done nothing that would be in the way of the same call.
        for operation, parameters in calls.items():
            if "CustomKeyStore" not in operation:
                getattr(kms, method(operation))(**parameters)
    sound(data)
