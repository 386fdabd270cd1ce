"""What every conformance test shares: a server to talk to, clients, and the words AWS refuses with.

A test says what AWS documents, and nothing about how Strongroom does it. The servers are the real
binary, the clients are unmodified boto3. Each answer that any client receives is judged as it
arrives, against botocore's own service model and the wire protocol (`judge`), so a test only says
what is special about its call.

The binary is `STRONGROOM_BIN`, or `target/release/strongroom`, or `target/debug/strongroom`.
"""

import base64
import collections
import contextlib
import functools
import hashlib
import http.client
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading
import time
import uuid
import zlib
from dataclasses import dataclass, field

import boto3
import botocore.config
import botocore.session
import pytest
from botocore.exceptions import ClientError

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
ACCOUNT = "111122223333"
REGION = "us-east-1"
UNKNOWN_KEY = "0f1e2d3c-4b5a-4968-8776-655443322110"

MODEL = botocore.session.get_session().get_service_model("kms")


def binary():
    """The server under test."""
    if named := os.environ.get("STRONGROOM_BIN"):
        return pathlib.Path(named)
    built = [REPOSITORY / "target" / profile / "strongroom" for profile in ("release", "debug")]
    for path in built:
        if path.exists():
            return path
    pytest.exit(f"no server to test: build it with `cargo build --release` ({built[0]})", 3)


# --- Servers ---------------------------------------------------------------------------------


class Server:
    """One running `strongroom dev` or `strongroom serve`."""

    def __init__(self, arguments, logs, environment=None, cwd=None):
        self.arguments = [str(argument) for argument in arguments]
        self.logs = pathlib.Path(logs)
        self.logs.mkdir(parents=True, exist_ok=True)
        self._out = self.logs / f"{uuid.uuid4().hex[:8]}.out"
        self._err = self._out.with_suffix(".err")
        # Tests call as often as they like; a variable that is None is taken away.
        variables = {**os.environ, "STRONGROOM_REQUEST_RATES": "off", **(environment or {})}
        variables = {name: value for name, value in variables.items() if value is not None}
        with open(self._out, "wb") as out, open(self._err, "wb") as err:
            self.process = subprocess.Popen(
                [binary(), *self.arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env=variables,
                cwd=cwd,
            )
        self.endpoint = self._printed("endpoint")
        # A server that has ended may have had the same port; what it was asked is in its journal.
        SEEN.pop(self.endpoint, None)
        scheme, address = self.endpoint.split("://")
        self.secure = scheme == "https"
        self.host, port = address.rstrip("/").rsplit(":", 1)
        self.port = int(port)
        self._clients = {}
        self._lock = threading.Lock()

    @classmethod
    def dev(cls, data_dir, *arguments, environment=None):
        data_dir = pathlib.Path(data_dir)
        started = cls(
            ["dev", "--listen", "127.0.0.1:0", "--data-dir", data_dir, *arguments],
            data_dir.parent / f"{data_dir.name}-logs",
            environment,
        )
        started.data_dir = data_dir
        return started

    @classmethod
    def serve(cls, data_dir, seal, *arguments, environment=None):
        data_dir = pathlib.Path(data_dir)
        started = cls(
            ["serve", "--listen", "127.0.0.1:0", "--data-dir", data_dir, "--seal", seal, *arguments],
            data_dir.parent / f"{data_dir.name}-logs",
            environment,
        )
        started.data_dir = data_dir
        return started

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def stdout(self):
        return self._out.read_text(errors="replace")

    @property
    def stderr(self):
        return self._err.read_text(errors="replace")

    def printed(self, name):
        """The rest of the line `NAME: …` on standard output, or None."""
        found = re.search(rf"^\s*{name}:\s*(\S.*?)\s*$", self.stdout, re.MULTILINE)
        return found and found[1]

    def _printed(self, name, seconds=20):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            # Only whole lines: the file is read while it is written.
            if (value := self.printed(name)) and self.stdout.endswith("\n"):
                return value
            if self.process.poll() is not None:
                break
            time.sleep(0.005)
        self.process.kill()
        self.process.wait()
        raise AssertionError(
            f"{self.arguments} printed no `{name}:` (exit {self.process.returncode})\n"
            f"{self.stdout}{self.stderr}"
        )

    def stop(self):
        """Asks the server to drain; it must do so and exit 0."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError("the server did not drain within 15 seconds of SIGTERM")
            assert self.process.returncode == 0, self.stderr

    def kill(self):
        self.process.kill()
        self.process.wait()

    # -- clients

    def advance(self, span):
        """Moves the service clock forward, as an operator does: `8d`, `23h`."""
        subprocess.run(
            [binary(), "clock", "advance", span, "--data-dir", self.data_dir],
            check=True,
            capture_output=True,
        )

    def client(self, account=ACCOUNT, region=REGION, secret="any", **config):
        """Unmodified boto3, except that it does not retry and does not check parameters itself.

        Parameter checks of the client would keep what is being tested from reaching the server.
        """
        key = (account, region, secret, tuple(sorted(config.items())))
        with self._lock:
            if key not in self._clients:
                self._clients[key] = boto_client(
                    "kms", self.endpoint, account, region, secret, **config
                )
            return self._clients[key]

    def service(self, account=ACCOUNT, region=REGION):
        """An account's view of the service, with what tests need around it."""
        return Account(self, account, region)

    def raw(self, timeout=10):
        return Raw(self.host, self.port, timeout)


def boto_client(service, endpoint, access_key, region=REGION, secret="any", token=None, **config):
    settings = {
        "retries": {"total_max_attempts": 1, "mode": "standard"},
        "parameter_validation": False,
        "max_pool_connections": 64,
        "connect_timeout": 5,
        "read_timeout": 30,
        **config,
    }
    verify = settings.pop("verify", None)
    with _BOTO:
        client = _boto_session().client(
            service,
            endpoint_url=endpoint,
            region_name=region,
            aws_access_key_id=access_key,
            aws_secret_access_key=secret,
            aws_session_token=token,
            verify=verify,
            config=botocore.config.Config(**settings),
        )
    if service == "kms":
        judging = functools.partial(_judge, seen=SEEN[endpoint])
        client.meta.events.register("response-received.kms.*", judging)
    return client


_BOTO = threading.RLock()
# The request ids and operations that boto3's clients saw, by endpoint.
SEEN = collections.defaultdict(dict)
_SESSION = []


def _boto_session():
    if not _SESSION:
        _SESSION.append(boto3.session.Session())
    return _SESSION[0]


# --- Every answer is judged --------------------------------------------------------------------

NO_OUTPUT = {
    "CreateAlias", "DeleteAlias", "UpdateAlias", "EnableKey", "DisableKey", "EnableKeyRotation",
    "DisableKeyRotation", "PutKeyPolicy", "RetireGrant", "RevokeGrant", "TagResource",
    "UntagResource", "UpdateKeyDescription", "UpdatePrimaryRegion",
}  # fmt: skip
STATUS = {
    "KMSInternalException": 500,
    "KeyUnavailableException": 500,
    "InternalFailure": 500,
    "DependencyTimeoutException": 503,
    "ServiceUnavailable": 503,
}
# Codes that KMS answers with and no operation models (operations.md §1.3).
UNMODELLED = {
    "ValidationException", "AccessDeniedException", "ThrottlingException", "SerializationException",
    "UnknownOperationException", "NotAuthorizedException", "MissingAuthenticationTokenException",
    "IncompleteSignatureException", "UnrecognizedClientException", "InvalidSignatureException",
    "ExpiredTokenException",
}  # fmt: skip
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

last = threading.local()


def _judge(response_dict=None, event_name=None, seen=None, **_):
    if response_dict is None:
        return
    operation = event_name.rsplit(".", 1)[1]
    last.answer = Answer(
        response_dict["status_code"], dict(response_dict["headers"]), response_dict["body"]
    )
    judge(operation, last.answer)
    identifier = response_dict["headers"]["x-amzn-requestid"]
    assert identifier not in seen, "a request id was used twice"
    code = None if last.answer.status == 200 else last.answer.code
    seen[identifier] = (operation, code)


def judge(operation, answer):
    """What is true of every answer, whatever was asked."""
    headers = {name.lower(): value for name, value in answer.headers.items()}
    assert headers["content-type"] == "application/x-amz-json-1.1"
    assert UUID.fullmatch(headers["x-amzn-requestid"]), headers
    assert headers["date"].endswith(" GMT")
    assert int(headers["content-length"]) == len(answer.body)
    if answer.status == 200:
        if operation in NO_OUTPUT:
            assert answer.body == b"", f"{operation} has no output shape: {answer.body!r}"
            return
        _only_modelled(MODEL.operation_model(operation).output_shape, answer.json, operation)
        return
    code = answer.json["__type"]
    assert set(answer.json) <= {"__type", "message", "Message"}, answer.body
    assert answer.status == STATUS.get(code, 400), f"{code} with {answer.status}"
    capital = code == "AccessDeniedException"
    assert ("message" if capital else "Message") not in answer.json, answer.body
    if operation in MODEL.operation_names:
        modelled = {shape.name for shape in MODEL.operation_model(operation).error_shapes}
        not_built = code == "UnsupportedOperationException"
        # §8 lets DescribeKey take grant tokens, and the model has no word for a bad one there.
        bad_token = (operation, code) == ("DescribeKey", "InvalidGrantTokenException")
        # custody §4.5: CreateKey through a proxy that denies access, which the model has not.
        denied = (operation, code) == ("CreateKey", "KMSInvalidStateException")
        assert code in modelled | UNMODELLED or not_built or bad_token or denied, f"{operation}: {code}"


def _only_modelled(shape, value, path):
    """Members are the model's, with the model's types, and absent rather than null."""
    kind = {
        "structure": dict, "map": dict, "list": list, "string": str, "blob": str,
        "boolean": bool, "integer": int, "long": int, "timestamp": (int, float),
    }[shape.type_name]  # fmt: skip
    assert isinstance(value, kind), f"{path} is {value!r}"
    if shape.type_name == "structure":
        for name, member in value.items():
            assert name in shape.members, f"{path}.{name} is not in the model"
            _only_modelled(shape.members[name], member, f"{path}.{name}")
    elif shape.type_name == "list":
        for member in value:
            _only_modelled(shape.member, member, f"{path}[]")
    elif shape.type_name == "blob":
        base64.b64decode(value, validate=True)


# --- Raw HTTP ----------------------------------------------------------------------------------


@dataclass
class Answer:
    status: int
    headers: dict
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        return self.json["__type"]

    @property
    def message(self):
        return self.json.get("message", self.json.get("Message"))


def careless_headers(target, account=ACCOUNT, region=REGION, host="localhost"):
    """Headers as a client sends them, with a signature that nobody checks."""
    now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    headers = {
        "Host": host,
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Date": now,
        "Authorization": (
            f"AWS4-HMAC-SHA256 Credential={account}/{now[:8]}/{region}/kms/aws4_request, "
            f"SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature={'0' * 64}"
        ),
    }
    if target is not None:
        headers["X-Amz-Target"] = f"TrentService.{target}"
    return headers


class Raw:
    """One kept-alive HTTP/1.1 connection without an SDK: quick, and free to be wrong."""

    def __init__(self, host, port, timeout=10):
        self._connection = http.client.HTTPConnection(host, port, timeout=timeout)
        self.host = f"{host}:{port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._connection.close()

    def call(self, operation, body=None, account=ACCOUNT, region=REGION, headers=None):
        """Sends `body` (an object, or bytes as they are) and returns the whole answer."""
        sent = careless_headers(operation, account, region, self.host)
        sent.update(headers or {})
        if not isinstance(body, bytes):
            body = json.dumps({} if body is None else body).encode()
        sent = {name: value for name, value in sent.items() if value is not None}
        self._connection.request("POST", "/", body, sent)
        response = self._connection.getresponse()
        return Answer(response.status, dict(response.getheaders()), response.read())


# --- Refusals ----------------------------------------------------------------------------------

# The errors that boto3 was refused with, by operation, and that were compared with their text.
PROVOKED = set()
UNSPECIFIED = object()  # No page says what the message is; only the code is compared.


def part(text):
    """A message that only has to contain `text`."""
    return re.compile(re.escape(text))


@contextlib.contextmanager
def refused(code, message=UNSPECIFIED, status=None):
    """The block's call must be refused with exactly this code, message and status.

    `message` None means that the body has no message member at all.
    """
    with pytest.raises(ClientError) as caught:
        yield caught
    error = caught.value.response
    told = last.answer.message
    PROVOKED.add((caught.value.operation_name, error["Error"]["Code"]))
    assert error["Error"]["Code"] == code, f"{error['Error']['Code']}: {told}"
    assert last.answer.status == (status or STATUS.get(code, 400))
    if message is UNSPECIFIED:
        return
    if isinstance(message, re.Pattern):
        assert told is not None and message.search(told), told
    elif isinstance(message, Violations):
        assert message == told
    else:
        assert told == message


class Violations:
    """The text of the constraint layer; items, and the values of an enum, in any order.

    AWS orders neither the way the model does, and the order changes with deployments.
    """

    def __init__(self, *items):
        self.items = sorted(map(_order_enum, items))

    def __eq__(self, text):
        head = re.match(r"(\d+) validation (errors?) detected: ", text or "")
        assert head, f"not a constraint error: {text!r}"
        assert head[2] == ("error" if head[1] == "1" else "errors"), text
        told = re.split(r"; (?=Value )", text[head.end() :])
        assert int(head[1]) == len(told), text
        assert sorted(map(_order_enum, told)) == self.items
        return True

    def __repr__(self):
        return f"Violations{tuple(self.items)}"


def _order_enum(item):
    def ordered(found):
        return f"set: [{', '.join(sorted(found[1].split(', ')))}]"

    return re.sub(r"set: \[([^\]]*)\]", ordered, item)


def null(path):
    return f"Value null at '{path}' failed to satisfy constraint: Member must not be null"


def hidden_null(path):
    return f"Value at '{path}' failed to satisfy constraint: Member must not be null"


def bad(path, value, constraint):
    return f"Value '{value}' at '{path}' failed to satisfy constraint: {constraint}"


def hidden(path, constraint):
    return f"Value at '{path}' failed to satisfy constraint: {constraint}"


def at_least(length):
    return f"Member must have length greater than or equal to {length}"


def at_most(length):
    return f"Member must have length less than or equal to {length}"


def value_at_least(value):
    return f"Member must have value greater than or equal to {value}"


def value_at_most(value):
    return f"Member must have value less than or equal to {value}"


def matching(pattern):
    return f"Member must satisfy regular expression pattern: {pattern}"


def one_of(*values):
    return f"Member must satisfy enum value set: [{', '.join(values)}]"


def one_of_shape(shape):
    """The enum of the model's shape."""
    return one_of(*MODEL.shape_for(shape).enum)


ASCII = r"^\p{ASCII}+$"


def invalid(*items):
    """`with invalid(null("keyId")):` the constraint layer must object to exactly this."""
    return refused("ValidationException", Violations(*items))


def empty_key_id(path="keyId"):
    return bad(path, "", at_least(1)), bad(path, "", matching(ASCII))


def hidden_from(caller, action):
    """What a caller hears of foreign resources, whether they exist or not."""
    return (
        f"User: {caller} is not authorized to perform: {action} on this resource because the "
        "resource does not exist in this Region, no resource-based policies allow access, or a "
        "resource-based policy explicitly denies access"
    )


def no_resource_policy(caller, action, arn):
    return (
        f"User: {caller} is not authorized to perform: {action} on resource: {arn} "
        f"because no resource-based policy allows the {action} action"
    )


CIPHERTEXT_KEY_GONE = (
    "The ciphertext refers to a customer master key that does not exist, does not exist in this "
    "region, or you are not allowed to access."
)
WRONG_KEY = "The key ID in the request does not identify a CMK that can perform this operation."
NO_ALIASES_HERE = "Key Aliases are not supported for this operation."
DRY_RUN = "The request would have succeeded, but the DryRun option is set."

OK = None
IS_DISABLED = ("DisabledException", "{arn} is disabled.")
IS_PENDING_DELETION = ("KMSInvalidStateException", "{arn} is pending deletion.")
IS_PENDING_IMPORT = ("KMSInvalidStateException", "{arn} is pending import.")
IS_NOT_PENDING_DELETION = ("KMSInvalidStateException", "{arn} is not pending deletion.")


# --- Accounts and keys ---------------------------------------------------------------------------


@dataclass
class Key:
    id: str
    arn: str
    metadata: dict = field(repr=False)


class Account:
    """boto3's KMS client for one account and Region; other names are its operations."""

    def __init__(self, server, account, region):
        self.server, self.account, self.region = server, account, region
        self.boto = server.client(account, region)
        self.root = f"arn:aws:iam::{account}:root"

    def __getattr__(self, operation):
        return getattr(self.boto, operation)

    def at(self, region):
        return Account(self.server, self.account, region)

    def alias_arn(self, name):
        return f"arn:aws:kms:{self.region}:{self.account}:{name}"

    def key_arn(self, key_id, region=None, account=None):
        return f"arn:aws:kms:{region or self.region}:{account or self.account}:key/{key_id}"

    def no_key(self, key_id):
        return f"Key '{self.key_arn(key_id)}' does not exist"

    def no_alias(self, name):
        return f"Alias {self.alias_arn(name)} is not found."

    def key(self, state="Enabled", **parameters):
        """A new key, brought into `state`."""
        if state == "PendingImport":
            parameters["Origin"] = "EXTERNAL"
        metadata = self.create_key(**parameters)["KeyMetadata"]
        made = Key(metadata["KeyId"], metadata["Arn"], metadata)
        if state == "Disabled":
            self.disable_key(KeyId=made.id)
        elif state == "PendingDeletion":
            self.schedule_key_deletion(KeyId=made.id, PendingWindowInDays=7)
        return made

    def state(self, key):
        return self.describe_key(KeyId=key.arn)["KeyMetadata"]["KeyState"]

    def alias(self, key, name=None):
        """A new alias of `key`."""
        name = name or fresh_name()
        self.create_alias(AliasName=name, TargetKeyId=key.id)
        return name

    def entry(self, name, **filters):
        """The alias's line in the listing, or None."""
        for page in self.get_paginator("list_aliases").paginate(**filters):
            for entry in page["Aliases"]:
                if entry["AliasName"] == name:
                    return entry
        return None

    def target(self, name):
        return self.entry(name)["TargetKeyId"]


def fresh_name(stem="t"):
    return f"alias/{stem}-{uuid.uuid4().hex[:12]}"


def account_of(name):
    """Twelve digits for a test's or module's own account."""
    return f"{zlib.crc32(name.encode()):012d}"


def body_of(response):
    """A boto3 answer without what boto3 adds."""
    return {name: value for name, value in response.items() if name != "ResponseMetadata"}


# --- What every operation on a key has to be asked ------------------------------------------------
#
# An operation's file names its call once and inherits these questions:
#
#     class TestEncrypt(AnyKeyReference, KeyStates, DryRun, GrantTokens):
#         states = {"Enabled": OK, "Disabled": IS_DISABLED, …}
#
#         def call(self, kms, key, given, **more):
#             return kms.encrypt(KeyId=key, Plaintext=b"x", **more)


class OnAKey:
    """A call on one key. `given` is what `prepare` made under the key while it was Enabled."""

    path = "keyId"
    action = None  # Such as kms:Encrypt; the class's name tells.
    kind = {}  # Parameters of CreateKey for a key that the call is for.

    def prepare(self, kms, key):
        return None

    def call(self, kms, key, given, **more):
        raise NotImplementedError

    def _action(self):
        return self.action or f"kms:{type(self).__name__.removeprefix('Test')}"

    def _prepared(self, kms, state="Enabled"):
        """A key in `state`, and what was made under it before."""
        if state == "PendingImport":
            key = kms.key(state, **self.kind)
            return key, self.prepare_without_material(kms, key)
        key = kms.key(**self.kind)
        given = self.prepare(kms, key)
        if state == "Disabled":
            kms.disable_key(KeyId=key.id)
        elif state == "PendingDeletion":
            kms.schedule_key_deletion(KeyId=key.id)
        return key, given

    def prepare_without_material(self, kms, key):
        return None

    def test_what_names_no_key_is_not_found(self, kms):
        _, given = self._prepared(kms)
        for reference in (UNKNOWN_KEY, kms.key_arn(UNKNOWN_KEY)):
            with refused("NotFoundException", kms.no_key(UNKNOWN_KEY)):
                self.call(kms, reference, given)
        for reference in (UNKNOWN_KEY.upper(), "mrk-" + "0" * 32):
            with refused("NotFoundException", kms.no_key(reference)):
                self.call(kms, reference, given)
        for reference in ("foo", UNKNOWN_KEY.replace("-", ""), "mrk-1234"):
            with refused("NotFoundException", f"Invalid keyId '{reference}'"):
                self.call(kms, reference, given)
        with refused("NotFoundException", "Invalid keyId foo"):
            self.call(kms, kms.key_arn("foo"), given)
        with refused("NotFoundException", "Invalid arn us-west-2"):
            self.call(kms, kms.key_arn(UNKNOWN_KEY, region="us-west-2"), given)

    def test_the_constraints_of_the_key_id(self, kms):
        _, given = self._prepared(kms)
        with invalid(*empty_key_id(self.path)):
            self.call(kms, "", given)
        with invalid(bad(self.path, "k" * 2049, at_most(2048))):
            self.call(kms, "k" * 2049, given)
        with invalid(bad(self.path, "schlüssel", matching(ASCII))):
            self.call(kms, "schlüssel", given)


class KeyOnlyOfAnyAccount(OnAKey):
    """The operation takes a key id or a key ARN, the latter of any account (operations.md §2.2)."""

    def test_a_key_is_named_by_id_or_arn(self, kms):
        for form in ("id", "arn"):
            key, given = self._prepared(kms)
            self.call(kms, getattr(key, form), given)

    def test_aliases_are_refused_unseen(self, kms):
        key, given = self._prepared(kms)
        for alias in (kms.alias(key), "alias/does-not-exist", "alias/aws/s3"):
            for reference in (alias, kms.alias_arn(alias)):
                with refused("InvalidArnException", NO_ALIASES_HERE):
                    self.call(kms, reference, given)

    def test_a_key_of_another_account_is_named_by_arn(self, kms, stranger):
        key, given = self._prepared(stranger)
        with refused("NotFoundException", kms.no_key(key.id)):
            self.call(kms, key.id, given)
        self.call(kms, key.arn, given)

    def test_what_another_account_does_not_have_is_hidden(self, kms, stranger):
        _, given = self._prepared(kms)
        with refused("AccessDeniedException", hidden_from(kms.root, self._action())):
            self.call(kms, kms.key_arn(UNKNOWN_KEY, account=stranger.account), given)


class AnyKeyReference(OnAKey):
    """The operation takes a key id, key ARN, alias name or alias ARN (operations.md §2.2)."""

    def test_a_key_is_named_in_four_ways(self, kms):
        key, given = self._prepared(kms)
        alias = kms.alias(key)
        for reference in (key.id, key.arn, alias, kms.alias_arn(alias)):
            self.call(kms, reference, given)

    def test_an_alias_that_is_not_there_is_not_found(self, kms):
        _, given = self._prepared(kms)
        missing = fresh_name("missing")
        for reference in (missing, kms.alias_arn(missing)):
            with refused("NotFoundException", kms.no_alias(missing)):
                self.call(kms, reference, given)
        with refused("NotFoundException", "Invalid arn us-west-2"):
            self.call(kms, kms.at("us-west-2").alias_arn("alias/x"), given)

    def test_a_key_of_another_account_is_named_by_arn(self, kms, stranger):
        key, given = self._prepared(stranger)
        self.call(kms, key.arn, given)
        self.call(kms, stranger.alias_arn(stranger.alias(key)), given)
        with refused("NotFoundException", kms.no_key(key.id)):
            self.call(kms, key.id, given)

    def test_what_another_account_does_not_have_is_hidden(self, kms, stranger):
        _, given = self._prepared(kms)
        for reference in (
            kms.key_arn(UNKNOWN_KEY, account=stranger.account),
            stranger.alias_arn("alias/missing"),
        ):
            with refused("AccessDeniedException", hidden_from(kms.root, self._action())):
                self.call(kms, reference, given)


class KeyOnlyReference(OnAKey):
    """The operation takes a key id or a key ARN, of the caller's account (operations.md §2.2)."""

    def test_a_key_is_named_by_id_or_arn(self, kms):
        for form in ("id", "arn"):
            key, given = self._prepared(kms)
            self.call(kms, getattr(key, form), given)

    def test_aliases_are_refused_unseen(self, kms):
        key, given = self._prepared(kms)
        for alias in (kms.alias(key), "alias/does-not-exist", "alias/aws/s3"):
            for reference in (alias, kms.alias_arn(alias)):
                with refused("InvalidArnException", NO_ALIASES_HERE):
                    self.call(kms, reference, given)

    def test_keys_of_other_accounts_are_hidden(self, kms, stranger):
        _, given = self._prepared(kms)
        for arn in (stranger.key().arn, kms.key_arn(UNKNOWN_KEY, account=stranger.account)):
            with refused("AccessDeniedException", hidden_from(kms.root, self._action())):
                self.call(kms, arn, given)


class KeyStates(OnAKey):
    """The operation's row of the key-state table (operations.md §4.3)."""

    states = {}

    @pytest.mark.parametrize("state", ["Enabled", "Disabled", "PendingDeletion", "PendingImport"])
    def test_the_state_of_the_key_decides(self, kms, state):
        key, given = self._prepared(kms, state)
        assert kms.state(key) == state
        if self.states[state] is OK:
            self.call(kms, key.id, given)
            return
        code, message = self.states[state]
        with refused(code, message.format(arn=key.arn)):
            self.call(kms, key.id, given)


USAGES = {
    "ENCRYPT_DECRYPT": {},
    "SIGN_VERIFY": {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"},
    "GENERATE_VERIFY_MAC": {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"},
    "KEY_AGREEMENT": {"KeySpec": "ECC_NIST_P256", "KeyUsage": "KEY_AGREEMENT"},
    "ENCAPSULATE_DECAPSULATE": {"KeySpec": "ML_KEM_768", "KeyUsage": "ENCAPSULATE_DECAPSULATE"},
}


class KeyUsage(OnAKey):
    """The operation is for keys of one usage, and that is weighed before their state."""

    usage = "ENCRYPT_DECRYPT"
    operation = None  # The class's name tells.

    @pytest.mark.parametrize("other", USAGES)
    def test_keys_of_another_usage_are_refused(self, kms, other):
        if other == self.usage:
            return
        _, given = self._prepared(kms)
        operation = self.operation or type(self).__name__.removeprefix("Test")
        for state in ("Enabled", "Disabled", "PendingDeletion", "PendingImport"):
            key = kms.key(state, **USAGES[other])
            with refused(
                "InvalidKeyUsageException",
                f"{key.arn} key usage is {other} which is not valid for {operation}.",
            ):
                self.call(kms, key.id, given)


class WorksInAllStates(KeyStates):
    states = dict.fromkeys(["Enabled", "Disabled", "PendingDeletion", "PendingImport"], OK)


class DryRun(OnAKey):
    """The operation has DryRun: all checks are made, and then it stops (operations.md §8)."""

    def test_a_dry_run_stops_where_it_would_have_succeeded(self, kms):
        key, given = self._prepared(kms)
        with refused("DryRunOperationException", DRY_RUN):
            self.call(kms, key.id, given, DryRun=True)
        self.call(kms, key.id, given, DryRun=False)

    def test_a_dry_run_is_refused_as_the_real_call_would_be(self, kms):
        key, given = self._prepared(kms, "Disabled")
        with refused("DisabledException", f"{key.arn} is disabled."):
            self.call(kms, key.id, given, DryRun=True)
        with refused("NotFoundException", kms.no_key(UNKNOWN_KEY)):
            self.call(kms, UNKNOWN_KEY, given, DryRun=True)


class GrantTokens(OnAKey):
    """The operation takes grant tokens: 0 to 10 of 1 to 8192 characters (operations.md §8)."""

    def test_the_constraints_of_grant_tokens(self, kms):
        key, given = self._prepared(kms)
        self.call(kms, key.id, given, GrantTokens=[])
        with refused("ValidationException", part("at 'grantTokens' failed to satisfy constraint: ")):
            self.call(kms, key.id, given, GrantTokens=["t"] * 11)
        with refused("ValidationException", part("Member must have length less than or equal to 8192")):
            self.call(kms, key.id, given, GrantTokens=["t" * 8193])

    def test_tokens_of_ours_are_taken_whatever_became_of_their_grants(self, kms, stranger):
        key, given = self._prepared(kms)
        made = []
        for account, on in ((kms, key), (kms, kms.key()), (stranger, stranger.key())):
            grant = account.create_grant(
                KeyId=on.id, GranteePrincipal=account.root, Operations=["DescribeKey"]
            )
            made.append((account, on, grant))
        tokens = [grant["GrantToken"] for _, _, grant in made]
        self.call(kms, key.id, given, GrantTokens=tokens)
        for account, on, grant in made:
            account.revoke_grant(KeyId=on.id, GrantId=grant["GrantId"])
        # What may be asked for once only is asked for on a key of its own.
        key, given = self._prepared(kms)
        self.call(kms, key.id, given, GrantTokens=tokens)
        key, given = self._prepared(kms)
        with refused("InvalidGrantTokenException", None):
            self.call(kms, key.id, given, GrantTokens=[*tokens, tokens[0][:-4]])

    def test_a_token_of_another_region_is_refused(self, kms):
        key, given = self._prepared(kms)
        away = kms.at("eu-west-1")
        grant = away.create_grant(
            KeyId=away.key().id, GranteePrincipal=kms.root, Operations=["DescribeKey"]
        )
        with refused("InvalidGrantTokenException", None):
            self.call(kms, key.id, given, GrantTokens=[grant["GrantToken"]])

    def test_a_token_that_is_not_ours_is_refused_without_a_message(self, kms):
        key, given = self._prepared(kms)
        with refused("InvalidGrantTokenException", None):
            self.call(kms, key.id, given, GrantTokens=["bm90IGEgdG9rZW4"])


def pages(client, operation, member, **parameters):
    """All items of a listing, page by page, with each page judged."""
    items, marker = [], {}
    while True:
        page = getattr(client, operation)(**parameters, **marker)
        items += page[member]
        assert len(page[member]) <= parameters.get("Limit", 1000)
        assert page["Truncated"] == ("NextMarker" in page), body_of(page)
        if not page["Truncated"]:
            return items
        marker = {"Marker": page["NextMarker"]}


# --- Commands ------------------------------------------------------------------------------------


def tool(name):
    """A program of the Python environment that runs the tests."""
    return pathlib.Path(sys.executable).parent / name


def client_environment(endpoint, account=ACCOUNT, region=REGION):
    """What a user sets to point unmodified AWS tools here, and nothing of the user's own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return kept | {
        "AWS_ENDPOINT_URL_KMS": endpoint,
        "AWS_ENDPOINT_URL_STS": endpoint,
        "AWS_ACCESS_KEY_ID": account,
        "AWS_SECRET_ACCESS_KEY": "any",
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        "AWS_PAGER": "",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def strongroom(*arguments, fails=False, **options):
    """Runs a command of the binary to its end."""
    ran = subprocess.run(
        [binary(), *map(str, arguments)],
        capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL, **options,
    )  # fmt: skip
    assert (ran.returncode != 0) == fails, f"{arguments}: {ran.returncode}\n{ran.stdout}{ran.stderr}"
    return ran


def init(data_dir, seal, *arguments, account=ACCOUNT):
    """A new installation; the account's root access key."""
    made = strongroom(
        "init", "--data-dir", data_dir, "--seal", seal, "--account", account, "--output", "json",
        *arguments,
    )  # fmt: skip
    return json.loads(made.stdout)


def journal(data_dir):
    """The lines of the journal, oldest first, as bytes."""
    lines = []
    for segment in sorted(pathlib.Path(data_dir, "journal").glob("*.jsonl")):
        lines += segment.read_bytes().splitlines(keepends=True)
    return lines


def all_recorded(server):
    """Each call that a boto3 client made to the server has one entry, with its outcome.

    Another account whose keys were used has an entry of its own, and so has the other Region of
    a call that concerns two.
    """
    told = collections.defaultdict(list)
    for line in journal(server.data_dir):
        entry = json.loads(line)
        told[entry.get("requestID")].append(entry)
    for identifier, outcome in SEEN[server.endpoint].items():
        first, *further = told[identifier] or [{}]
        code = first.get("errorCode")
        code = "AccessDeniedException" if code == "AccessDenied" else code
        assert (first.get("eventName"), code) == outcome, f"{identifier}: {first}, not {outcome}"
        for entry in further:
            account, region = entry["recipientAccountId"], entry["awsRegion"]
            assert account != first["recipientAccountId"] or region != first["awsRegion"], entry
            assert entry["eventID"] != first["eventID"]
    return len(SEEN[server.endpoint])


def chain_holds(data):
    """Each line names the hash of the bytes of the line before it, and counts on from it."""
    previous = None
    for line in journal(data):
        assert line.endswith(b"\n")
        entry = json.loads(line)
        if previous is not None:
            assert entry["seq"] == previous[0] + 1
            assert entry["prev_hash"] in (
                hashlib.sha256(previous[1].rstrip(b"\n")).hexdigest(),
                hashlib.sha256(previous[1]).hexdigest(),
            )
        # Canonical JSON: sorted members, no space between them.
        canonical = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert line.rstrip(b"\n") == canonical.encode()
        previous = entry["seq"], line
