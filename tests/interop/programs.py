"""Clients that are programs in their own language: built once, then run against a server.

What is built lies in `target/clients`, in a folder per client, and is built again when its sources,
its lock file or its toolchain change. Where this machine lacks the toolchain, or the registry that
the client comes from cannot be reached, the test is skipped and says so; a program that does not
compile is a failure.
"""

import contextlib
import hashlib
import json
import pathlib
import re
import shutil
import subprocess

import pytest
from support import ACCOUNT, REGION, REPOSITORY, Account, Server, client_environment

HERE = pathlib.Path(__file__).resolve().parent
BUILT = REPOSITORY / "target" / "clients"

ACCESS_KEY, SECRET = "AKIAINTEROP111122223", "interop-secret-for-tests-only-0000000000"
SEED = {"accounts": {ACCOUNT: {"root": {"access_keys": [{"id": ACCESS_KEY, "secret": SECRET}]}}}}


class SignedAccount(Account):
    """The root of an account on a server that verifies every signature."""

    def __init__(self, server, **config):
        self.server, self.account, self.region = server, ACCOUNT, REGION
        self.boto = server.client(ACCESS_KEY, REGION, SECRET, **config)
        self.root = f"arn:aws:iam::{ACCOUNT}:root"
        self.access_key, self.secret = ACCESS_KEY, SECRET

    @classmethod
    @contextlib.contextmanager
    def server(cls, folder, *arguments):
        seed = folder / "seed.yaml"
        seed.write_text(json.dumps(SEED))
        data = folder / "data"
        with Server.dev(data, "--enforce", "--seed", seed, *arguments) as server:
            yield cls(server, verify=server.printed("certificate")) if server.secure else cls(server)

    def environment(self):
        """What this account's user sets for any client."""
        given = client_environment(self.server.endpoint, ACCESS_KEY, REGION)
        return given | {"AWS_SECRET_ACCESS_KEY": SECRET}


def toolchain(program, version, at_least):
    """The first version number that `program` prints, or a skip that says what is missing."""
    wanted = ".".join(map(str, at_least))
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"left out: no `{program}` on this machine; the client needs {wanted} or later")
    ran = subprocess.run([path, *version], capture_output=True, text=True, timeout=60)
    # Maven writes in bold.
    said = re.sub(r"\x1b\[[\d;]*m", "", ran.stdout + ran.stderr)
    found = re.search(r"\d+(\.\d+)*", said)
    assert ran.returncode == 0 and found, f"`{program}` does not tell its version: {said}"
    if tuple(map(int, found[0].split("."))) < at_least:
        pytest.skip(f"left out: `{program}` is {found[0]}; the client needs {wanted} or later")
    return found[0]


def built(name, toolchain, make):
    """The folder of the built client `name`; `make(sources, folder)` lists the commands.

    Each is an argument list, to be run in its folder.
    """
    sources, folder = HERE / name, BUILT / name
    seen = hashlib.sha256(toolchain.encode())
    for path in sorted(sources.rglob("*")):
        if path.is_file():
            seen.update(f"\0{path.relative_to(sources)}\0".encode() + path.read_bytes())
    stamp = folder / "built-from"
    if stamp.exists() and stamp.read_text() == seen.hexdigest():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for working_folder, *command in make(sources, folder):
        build(working_folder, *command)
    stamp.write_text(seen.hexdigest())
    return folder


# How npm, go, mvn and cargo say that they did not get through to their registry.
UNREACHABLE = re.compile(
    r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH"
    r"|no such host|connection refused|i/o timeout|network is unreachable"
    r"|UnknownHostException|Unknown host|Connection timed out|Could not transfer artifact"
    r"|[Cc]ould not resolve host|failed to download|spurious network error",
)


def build(folder, *command, environment=None):
    """Runs a command that fetches or builds a client."""
    ran = subprocess.run(
        list(map(str, command)), cwd=folder, env=environment,
        stdin=subprocess.DEVNULL, capture_output=True, text=True,
    )  # fmt: skip
    if ran.returncode == 0:
        return
    said = ran.stdout + ran.stderr
    if unreachable := UNREACHABLE.search(said):
        line = next(line for line in said.splitlines() if unreachable[0] in line)
        pytest.skip(f"left out: `{command[0]}` did not reach its registry: {line.strip()[:200]}")
    pytest.fail(f"{' '.join(map(str, command))}: exit {ran.returncode}\n{said}", pytrace=False)


def run(account, *command):
    """Runs a built client as the account's user; what it prints, which is JSON."""
    ran = subprocess.run(
        list(map(str, command)), env=account.environment(),
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert ran.returncode == 0, f"{command}: exit {ran.returncode}\n{ran.stdout}{ran.stderr}"
    return json.loads(ran.stdout)
