"""Identities: users, groups, roles, access keys and OIDC providers, by single commands and by files
(authorization.md §2.3, §2.9, §7.2).
"""

import base64
import json
import re
import subprocess
import time

import pytest
import yaml
from botocore.exceptions import ClientError
from support import Server, binary, boto_client, chain_holds, init, journal, strongroom

ACCOUNT = "111122223333"
ALLOW = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}],
}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/alice"},
            "Action": "sts:AssumeRole",
        }
    ],
}
KEYS = {"keys": [{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "kid": "1"}]}


def dumped(content):
    """The content as YAML, whose equal parts are written each time."""
    return yaml.safe_dump(json.loads(json.dumps(content)))


class House:
    """An installation of its own, with or without a server."""

    def __init__(self, directory, name="data"):
        self.directory, self.data = directory, directory / name
        self.seal = f"key-file={directory / (name + '.key')}"
        self.root = init(self.data, self.seal)
        self.server = None

    def __enter__(self):
        self.server = Server.serve(self.data, self.seal)
        return self

    def __exit__(self, *_):
        self.server.stop()
        self.server = None

    def run(self, command, *arguments, fails=False, account=ACCOUNT):
        """What a command says on standard output; of one that fails, on standard error."""
        where = ["--data-dir", self.data]
        if self.server is None:
            where += ["--seal", self.seal]
        if account:
            where += ["--account", account]
        done = strongroom("identity", command, *where, *arguments, fails=fails)
        return done.stderr if fails else done.stdout

    def json(self, command, *arguments):
        return json.loads(self.run(command, "--output", "json", *arguments))

    def file(self, content, name="identities.yaml"):
        path = self.directory / name
        path.write_text(content if isinstance(content, str) else dumped(content))
        return path

    def apply(self, content, *arguments, fails=False):
        path = self.file(content)
        return self.run("apply", *arguments, path, fails=fails, account=None)

    def diff(self, content, *arguments):
        """The exit code of diff, and what it says."""
        where = ["--data-dir", self.data]
        if self.server is None:
            where += ["--seal", self.seal]
        done = subprocess.run(
            [binary(), "identity", "diff", *where, *arguments, self.file(content)],
            capture_output=True,
            text=True,
        )
        return done.returncode, done.stdout, done.stderr

    def export(self, *accounts):
        named = [word for account in accounts for word in ("--account", account)]
        return yaml.safe_load(self.run("export", *named, "-", account=None))

    def access_key(self, user):
        made = self.json("create-access-key", "--user-name", user)["AccessKey"]
        return made["AccessKeyId"], made["SecretAccessKey"]

    def who(self, access_key, secret):
        """What GetCallerIdentity says, or the code of the refusal."""
        sts = boto_client("sts", self.server.endpoint, access_key, secret=secret)
        try:
            answer = sts.get_caller_identity()
        except ClientError as error:
            return error.response["Error"]["Code"]
        return answer["Arn"], answer["UserId"]


def entries(data):
    """The entries of the journal, once nothing more is on its way there."""
    lines = journal(data)
    while True:
        time.sleep(0.3)
        before, lines = lines, journal(data)
        if before == lines:
            return [json.loads(line) for line in lines]


@pytest.fixture
def house(tmp_path):
    with House(tmp_path) as running:
        yield running
    chain_holds(running.data)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A house that several tests share, each with identities of its own."""
    with House(tmp_path_factory.mktemp("identities")) as running:
        yield running
    chain_holds(running.data)


def test_users(shared):
    made = shared.json(
        "create-user", "--user-name", "ann", "--path", "/team/", "--tags", "team=red", "Key=n,Value=1",
        "--permissions-boundary", json.dumps(ALLOW),
    )["User"]  # fmt: skip
    assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/team/ann"
    assert re.fullmatch("AIDA[A-Z2-7]{17}", made["UserId"])
    assert made["Tags"] == [{"Key": "n", "Value": "1"}, {"Key": "team", "Value": "red"}]
    assert made["PermissionsBoundary"] == ALLOW
    assert shared.json("get-user", "--user-name", "ann")["User"] == made
    assert made in shared.json("list-users")["Users"]
    assert "EntityAlreadyExists: User with name ann already exists." in shared.run(
        "create-user", "--user-name", "Ann", fails=True
    )
    assert "NoSuchEntity: The user with name bill cannot be found." in shared.run(
        "get-user", "--user-name", "bill", fails=True
    )
    assert "1 to 64" in shared.run("create-user", "--user-name", "a b", fails=True)
    assert "slash" in shared.run("create-user", "--user-name", "ab", "--path", "x", fails=True)

    shared.run("tag", "--user-name", "ann", "--tags", "team=blue", "x=y")
    shared.run("untag", "--user-name", "ann", "--tag-keys", "n", "x")
    assert shared.json("list-tags", "--user-name", "ann") == {"Tags": [{"Key": "team", "Value": "blue"}]}
    shared.run("delete-boundary", "--user-name", "ann")
    assert "PermissionsBoundary" not in shared.json("get-user", "--user-name", "ann")["User"]
    shared.run("put-boundary", "--user-name", "ann", "--permissions-boundary", json.dumps(ALLOW))
    assert shared.json("get-user", "--user-name", "ann")["User"]["PermissionsBoundary"] == ALLOW

    shared.run("delete-user", "--user-name", "ann")
    assert "NoSuchEntity" in shared.run("delete-user", "--user-name", "ann", fails=True)
    again = shared.json("create-user", "--user-name", "ann")["User"]
    assert again["UserId"] != made["UserId"], "somebody else has the name now"


def test_accounts(shared):
    def hosted():
        listed = json.loads(shared.run("list-accounts", "--output", "json", account=None))
        return {item["AccountId"]: item["Hosted"] for item in listed["Accounts"]}

    other, third = "444455556666", "777788889999"
    made = json.loads(shared.run("create-account", "--output", "json", account=other))["Account"]
    assert (made["AccountId"], made["Arn"]) == (other, f"arn:aws:iam::{other}:root")
    shared.run("create-account", account=other)
    shared.run("create-access-key", "--root", account=third)
    assert hosted()[other] is True and hosted()[third] is False
    shared.run("create-user", "--user-name", "u", account=third)
    assert hosted()[third] is True
    assert json.loads(shared.run("list-users", "--output", "json", account=other)) == {"Users": []}


@pytest.mark.parametrize("kind", ["user", "group", "role"])
def test_inline_policies(shared, tmp_path, kind):
    name = f"owner-{kind}"
    more = ["--assume-role-policy-document", json.dumps(TRUST)] if kind == "role" else []
    shared.run(f"create-{kind}", f"--{kind}-name", name, *more)
    owner = [f"--{kind}-name", name, "--policy-name", "use"]
    document = tmp_path / "policy.json"
    document.write_text(json.dumps(ALLOW))
    shared.run(f"put-{kind}-policy", *owner, "--policy-document", f"file://{document}")
    told = shared.json(f"get-{kind}-policy", *owner)
    assert told[f"{kind.capitalize()}Name"] == name
    assert (told["PolicyName"], told["PolicyDocument"]) == ("use", ALLOW)
    changed = json.loads(json.dumps(ALLOW).replace("kms:*", "kms:List*"))
    shared.run(f"put-{kind}-policy", *owner, "--policy-document", json.dumps(changed))
    assert shared.json(f"get-{kind}-policy", *owner)["PolicyDocument"] == changed
    assert shared.json(f"list-{kind}-policies", f"--{kind}-name", name) == {"PolicyNames": ["use"]}
    assert "MalformedPolicyDocument: " in shared.run(
        f"put-{kind}-policy", *owner, "--policy-document", '{"Statement":[]}', fails=True
    )
    assert "should not specify a principal" in shared.run(
        f"put-{kind}-policy", *owner, "--policy-document", json.dumps(TRUST), fails=True
    )
    long = json.loads(json.dumps(ALLOW))
    long["Statement"][0]["Resource"] = "arn:aws:kms:us-east-1:111122223333:key/" + "x" * 10_240
    limit = {"user": 2048, "group": 5120, "role": 10_240}[kind]
    assert f"Maximum policy size of {limit} bytes exceeded for {kind} {name}" in shared.run(
        f"put-{kind}-policy", *owner, "--policy-document", json.dumps(long), fails=True
    )
    assert "must delete policies first" in shared.run(
        f"delete-{kind}", f"--{kind}-name", name, fails=True
    )
    shared.run(f"delete-{kind}-policy", *owner)
    assert "NoSuchEntity" in shared.run(f"delete-{kind}-policy", *owner, fails=True)
    assert "NoSuchEntity" in shared.run(f"get-{kind}-policy", *owner, fails=True)
    shared.run(f"delete-{kind}", f"--{kind}-name", name)


def test_groups(shared):
    made = shared.json("create-group", "--group-name", "crew", "--path", "/g/")["Group"]
    assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:group/g/crew"
    assert re.fullmatch("AGPA[A-Z2-7]{17}", made["GroupId"])
    shared.run("create-user", "--user-name", "carl")
    member = ["--user-name", "carl", "--group-name", "crew"]
    shared.run("add-user-to-group", *member)
    told = shared.json("get-group", "--group-name", "crew")
    assert told["Group"] == made and [user["UserName"] for user in told["Users"]] == ["carl"]
    assert shared.json("list-groups-for-user", "--user-name", "carl")["Groups"] == [made]
    assert made in shared.json("list-groups")["Groups"]
    for command, name in (("delete-group", "--group-name"), ("delete-user", "--user-name")):
        value = member[member.index(name) + 1]
        assert "must remove users from group first" in shared.run(command, name, value, fails=True)
    shared.run("remove-user-from-group", *member)
    assert "NoSuchEntity" in shared.run("remove-user-from-group", *member, fails=True)
    shared.run("delete-group", "--group-name", "crew")
    assert "NoSuchEntity: The group with name crew cannot be found." in shared.run(
        "add-user-to-group", *member, fails=True
    )


def test_roles(shared):
    made = shared.json(
        "create-role", "--role-name", "Dev", "--assume-role-policy-document", json.dumps(TRUST),
        "--tags", "team=blue", "--max-session-duration", "7200",
    )["Role"]  # fmt: skip
    assert re.fullmatch("AROA[A-Z2-7]{17}", made["RoleId"])
    assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/Dev"
    assert made["AssumeRolePolicyDocument"] == TRUST and made["MaxSessionDuration"] == 7200
    assert made in shared.json("list-roles")["Roles"]
    shared.run("update-role", "--role-name", "Dev", "--max-session-duration", "3600")
    other = json.loads(json.dumps(TRUST).replace("user/alice", "root"))
    shared.run("update-trust", "--role-name", "Dev", "--policy-document", json.dumps(other))
    shared.run("put-boundary", "--role-name", "Dev", "--permissions-boundary", json.dumps(ALLOW))
    shared.run("tag", "--role-name", "Dev", "--tags", "a=b")
    told = shared.json("get-role", "--role-name", "Dev")["Role"]
    assert told["MaxSessionDuration"] == 3600 and told["AssumeRolePolicyDocument"] == other
    assert told["PermissionsBoundary"] == ALLOW and len(told["Tags"]) == 2
    assert "SessionsNotBefore" not in told
    shared.run("revoke-sessions", "--role-name", "Dev")
    assert "SessionsNotBefore" in shared.json("get-role", "--role-name", "Dev")["Role"]
    for arguments, reason in (
        (["update-role", "--max-session-duration", "60"], "3600 to 43200"),
        (["update-trust", "--policy-document", json.dumps(ALLOW)], "no principal"),
    ):
        assert reason in shared.run(*arguments, "--role-name", "Dev", fails=True)
    shared.run("delete-role", "--role-name", "Dev")
    assert "NoSuchEntity" in shared.run("get-role", "--role-name", "Dev", fails=True)


def test_oidc_providers(shared, tmp_path):
    keys = tmp_path / "jwks.json"
    keys.write_text(json.dumps(KEYS))
    url = ["--url", "https://issuer.example/one"]
    arn = f"arn:aws:iam::{ACCOUNT}:oidc-provider/issuer.example/one"
    made = shared.json("create-oidc-provider", *url, "--client-id-list", "a", "b", "--jwks-file", keys)
    assert made == {"OpenIDConnectProviderArn": arn}
    told = shared.json("get-oidc-provider", *url)
    assert (told["ClientIDList"], told["Jwks"]) == (["a", "b"], KEYS)
    assert {"Arn": arn} in shared.json("list-oidc-providers")["OpenIDConnectProviderList"]
    shared.run("update-oidc-provider", *url, "--client-id-list", "c")
    shared.run("update-oidc-provider", *url, "--jwks-url", "https://issuer.example/keys")
    told = shared.json("get-oidc-provider", *url)
    assert told["ClientIDList"] == ["c"] and "Jwks" not in told
    assert told["JwksUrl"] == "https://issuer.example/keys"
    keys.write_text("{}")
    assert "JSON Web Key Set" in shared.run("update-oidc-provider", *url, "--jwks-file", keys, fails=True)
    shared.run("delete-oidc-provider", *url)
    assert "NoSuchEntity" in shared.run("get-oidc-provider", *url, fails=True)


def test_a_change_counts_before_its_command_returns(house):
    house.run("create-user", "--user-name", "alice", "--path", "/team/")
    user = house.json("get-user", "--user-name", "alice")["User"]
    key = house.access_key("alice")
    assert house.who(*key) == (user["Arn"], user["UserId"])
    status = ["update-access-key", "--access-key-id", key[0], "--status"]
    for _ in range(3):
        house.run(*status, "Inactive")
        assert house.who(*key) == "InvalidClientTokenId"
        house.run(*status, "Active")
        assert house.who(*key) == (user["Arn"], user["UserId"])
    other = house.access_key("alice")
    assert "Cannot exceed quota for AccessKeysPerUser: 2" in house.run(
        "create-access-key", "--user-name", "alice", fails=True
    )
    listed = house.json("list-access-keys", "--user-name", "alice")["AccessKeyMetadata"]
    assert [item["AccessKeyId"] for item in listed] == sorted([key[0], other[0]])
    assert {item["Status"] for item in listed} == {"Active"}
    house.run("delete-access-key", "--access-key-id", key[0])
    assert house.who(*key) == "InvalidClientTokenId"
    assert house.who(*other) == (user["Arn"], user["UserId"])
    assert "must delete access keys first" in house.run(
        "delete-user", "--user-name", "alice", fails=True
    )
    house.run("delete-access-key", "--access-key-id", other[0])
    house.run("delete-user", "--user-name", "alice")
    assert house.who(*other) == "InvalidClientTokenId"


def test_the_root_can_have_another_access_key(house):
    first = (house.root["access_key_id"], house.root["secret_access_key"])
    made = house.json("create-access-key", "--root")["AccessKey"]
    second = (made["AccessKeyId"], made["SecretAccessKey"])
    root = (f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT)
    assert house.who(*first) == house.who(*second) == root
    house.run("delete-access-key", "--access-key-id", first[0])
    assert house.who(*first) == "InvalidClientTokenId"
    assert house.who(*second) == root


def test_a_secret_is_shown_once_and_is_nowhere_else(house):
    house.run("create-user", "--user-name", "alice")
    shown = house.run("create-access-key", "--user-name", "alice")
    key = re.search(r"AccessKeyId: (\S+)", shown)[1]
    secret = re.search(r"SecretAccessKey: (\S{40})", shown)[1]
    assert house.who(key, secret)[0].endswith("user/alice")
    given = "given-secret-for-tests-only-0123456789ab"
    said = house.apply(accounts(users={"alice": {"access_keys": [
        {"id": "AKIAGIVEN00000000001", "secret": given}]}}))  # fmt: skip
    assert given not in said and house.who("AKIAGIVEN00000000001", given)[0].endswith("user/alice")
    made = house.apply(accounts(users={"bob": {"access_keys": [{"id": "AKIAMADE000000000001"}]}}))
    told = re.search(r"secret_access_key: (\S{40})", made)[1]
    assert house.who("AKIAMADE000000000001", told)[0].endswith("user/bob")
    asked = "".join(
        house.run(*command)
        for command in (
            ["list-access-keys", "--user-name", "alice"],
            ["get-user", "--user-name", "alice"],
            ["get-access-key-last-used", "--access-key-id", key],
        )
    ) + house.run("export", "-", account=None)
    house.server.stop()
    stored = b"".join(path.read_bytes() for path in house.data.rglob("*") if path.is_file())
    logs = (house.server.stdout + house.server.stderr).encode()
    for hidden in (secret, given, told):
        for form in (hidden.encode(), base64.b64encode(hidden.encode()).rstrip(b"=")):
            assert form not in stored and form not in logs and form not in asked.encode()
    house.server = Server.serve(house.data, house.seal)
    assert house.who(key, secret)[0].endswith("user/alice")


def test_everything_is_there_after_a_restart_and_at_rest(tmp_path):
    house = House(tmp_path)
    # Nobody serves the folder: the commands open it themselves.
    house.run("create-user", "--user-name", "alice", "--tags", "team=red")
    house.run("create-group", "--group-name", "crew")
    house.run("add-user-to-group", "--user-name", "alice", "--group-name", "crew")
    house.run("create-role", "--role-name", "Dev", "--assume-role-policy-document", json.dumps(TRUST))
    house.run("create-oidc-provider", "--url", "https://issuer.example", "--client-id-list", "a")
    key = house.access_key("alice")
    user = house.json("get-user", "--user-name", "alice")["User"]
    before = house.export()
    with house:
        assert house.export() == before
        assert house.who(*key) == (user["Arn"], user["UserId"])
        used = house.json("get-access-key-last-used", "--access-key-id", key[0])
        assert used["AccessKeyLastUsed"]["ServiceName"] == "sts"
        assert used["AccessKeyLastUsed"]["Region"] == "us-east-1"
    assert house.json("get-access-key-last-used", "--access-key-id", key[0]) == used
    house.run("update-access-key", "--access-key-id", key[0], "--status", "Inactive")
    with house:
        assert house.who(*key) == "InvalidClientTokenId"
    strongroom("store", "verify", "--data-dir", house.data, "--seal", house.seal)


def accounts(**content):
    return {"accounts": {ACCOUNT: content}}


WHOLE = accounts(
    users={
        "alice": {
            "path": "/team/",
            "tags": {"team": "red"},
            "groups": ["auditors"],
            "policies": {"use": ALLOW},
            "permissions_boundary": ALLOW,
            "access_keys": [{"id": "AKIAALICE000000000001", "secret": "alice-secret-for-tests-only"}],
        },
        "bob": {"access_keys": [{"id": "AKIABOB00000000000001", "status": "Inactive"}]},
    },
    groups={"auditors": {"policies": {"look": ALLOW}}},
    roles={"deployer": {"trust": TRUST, "policies": {"all": ALLOW}, "tags": {"n": "1"},
                        "max_session_duration_seconds": 7200}},
    oidc_providers=[{"url": "https://issuer.example", "client_ids": ["a"], "jwks": KEYS}],
)  # fmt: skip


def test_apply_does_what_diff_tells_and_nothing_the_second_time(house):
    code, told, _ = house.diff(WHOLE)
    lines = {
        f"+ {ACCOUNT} user alice", f"+ {ACCOUNT} user bob", f"+ {ACCOUNT} group auditors",
        f"+ {ACCOUNT} role deployer", f"+ {ACCOUNT} oidc-provider issuer.example",
        f"+ {ACCOUNT} access-key AKIAALICE000000000001", f"+ {ACCOUNT} access-key AKIABOB00000000000001",
    }  # fmt: skip
    assert code == 1 and set(told.splitlines()) == lines
    assert house.json("list-users") == {"Users": []}, "diff changes nothing"
    done = house.apply(WHOLE)
    assert {line for line in done.splitlines() if not line.startswith(" ")} == {
        line.replace("+", "created", 1) for line in lines
    }
    assert house.who("AKIAALICE000000000001", "alice-secret-for-tests-only")[0].endswith("/team/alice")
    assert house.diff(WHOLE) == (0, "", "")
    before = len(entries(house.data))
    assert house.apply(WHOLE) == ""
    assert len(entries(house.data)) == before, "nothing was changed"

    changed = json.loads(json.dumps(WHOLE))
    alice = changed["accounts"][ACCOUNT]["users"]["alice"]
    alice["tags"], alice["groups"] = {"team": "blue"}, []
    del alice["policies"], alice["permissions_boundary"]
    changed["accounts"][ACCOUNT]["users"]["bob"]["access_keys"][0]["status"] = "Active"
    expected = [
        f"~ {ACCOUNT} user alice: tags/team, groups/auditors, policies/use, permissions_boundary",
        f"~ {ACCOUNT} access-key AKIABOB00000000000001: status",
    ]
    assert house.diff(changed) == (1, "\n".join(expected) + "\n", "")
    house.apply(changed)
    new = [entry["eventName"] for entry in entries(house.data)[before:]]
    assert new == ["UpdateUser", "UpdateAccessKey"], "one entry for each identity"
    assert house.diff(changed)[0] == 0
    as_json = json.loads(house.apply(WHOLE, "--output", "json"))["changes"]
    assert [(it["kind"], it["name"], it["change"]) for it in as_json] == [
        ("user", "alice", "changed"), ("access-key", "AKIABOB00000000000001", "changed"),
    ]  # fmt: skip


def test_what_a_file_does_not_name_stays_unless_it_is_pruned(house):
    house.apply(WHOLE)
    little = accounts(users={"alice": {"path": "/team/"}})
    house.run("create-user", "--user-name", "elsewhere", account="444455556666")
    house.apply(little)
    assert {user["UserName"] for user in house.json("list-users")["Users"]} == {"alice", "bob"}
    assert house.json("list-access-keys", "--user-name", "alice")["AccessKeyMetadata"]
    gone = {
        f"- {ACCOUNT} user bob", f"- {ACCOUNT} group auditors", f"- {ACCOUNT} role deployer",
        f"- {ACCOUNT} oidc-provider issuer.example", f"- {ACCOUNT} access-key AKIAALICE000000000001",
        f"- {ACCOUNT} access-key AKIABOB00000000000001",
        f"- {ACCOUNT} access-key {house.root['access_key_id']}",
    }  # fmt: skip
    code, told, _ = house.diff(little, "--prune")
    assert code == 1 and set(told.splitlines()) == gone
    keep = accounts(root={"access_keys": [{"id": house.root["access_key_id"]}]},
                    users={"alice": {"path": "/team/"}})  # fmt: skip
    house.apply(keep, "--prune")
    assert house.diff(keep, "--prune") == (0, "", "")
    assert house.export(ACCOUNT) == keep
    assert house.who(house.root["access_key_id"], house.root["secret_access_key"])[1] == ACCOUNT
    assert house.who("AKIAALICE000000000001", "alice-secret-for-tests-only") == "InvalidClientTokenId"
    assert house.export("444455556666")["accounts"]["444455556666"]["users"] == {"elsewhere": {}}


def test_an_export_applied_elsewhere_makes_the_same(tmp_path):
    one, other = House(tmp_path, "one"), House(tmp_path, "other")
    for house in (one, other):
        house.run("delete-access-key", "--access-key-id", house.root["access_key_id"])
    one.apply(WHOLE)
    exported = tmp_path / "exported.yaml"
    one.run("export", exported, account=None)
    text = exported.read_text()
    assert "alice-secret" not in text and "secret" not in text
    made = other.run("apply", exported, account=None)
    assert made.count("secret_access_key: ") == 2, "each is given a secret, which is shown"
    assert other.export() == one.export() == yaml.safe_load(text)
    assert one.run("diff", exported, account=None) == ""
    assert other.run("diff", exported, account=None) == ""


@pytest.mark.parametrize(
    "old, new, reason",
    [
        ("      bob:", "      bob:\n        shoe_size: 42", "a user has no member `shoe_size`"),
        ("Effect: Allow", "Effect: Perhaps", "`Effect` is Allow or Deny"),
        ("path: /team/", "path: team", "`path` begins and ends with a slash"),
        ("- auditors", "- nobody", "the account has no group `nobody`"),
        ("max_session_duration_seconds: 7200", "max_session_duration_seconds: 1", "3600 to 43200"),
        ("url: https://issuer", "url: http://issuer", "begins with https://"),
        ("status: Inactive", "status: Gone", "`status` is Active or Inactive"),
    ],
)
def test_a_mistake_in_a_file_is_refused_with_its_line_and_nothing_is_done(shared, old, new, reason):
    text = dumped(WHOLE)
    assert old in text, old
    text = text.replace(old, new, 1)
    line = 1 + next(at for at, line in enumerate(text.splitlines()) if new.splitlines()[-1] in line)
    said = shared.apply(text, fails=True)
    assert re.search(rf"identities\.yaml:{line}: .*{re.escape(reason)}", said), said
    code, _, said = shared.diff(text)
    assert code == 2 and f"identities.yaml:{line}: " in said
    listed = shared.json("list-users")["Users"]
    assert not {"alice", "bob"} & {user["UserName"] for user in listed}


def test_keys_are_no_part_of_a_file_of_identities(shared):
    said = shared.apply(accounts(regions={"us-east-1": {"keys": []}}), fails=True)
    assert re.search(r"identities\.yaml:3: keys and their material are no part", said), said


def test_what_the_stored_state_forbids_is_refused_with_its_line(house):
    house.apply(WHOLE)
    changed = json.loads(json.dumps(WHOLE))
    changed["accounts"][ACCOUNT]["users"]["alice"]["access_keys"][0]["secret"] = "hush"
    said = house.apply(changed, fails=True)
    assert re.search(r"identities\.yaml:\d+: .*AKIAALICE000000000001 has another secret", said), said
    assert "hush" not in said
    code, told, said = house.diff(changed)
    assert code == 2 and "has another secret" in said and told == ""
    third = json.loads(json.dumps(WHOLE))
    keys = third["accounts"][ACCOUNT]["users"]["alice"]["access_keys"]
    keys += [{"id": "AKIAALICE000000000002"}, {"id": "AKIAALICE000000000003"}]
    said = house.run("apply", house.file(third), fails=True, account=None)
    assert "Cannot exceed quota for AccessKeysPerUser: 2" in said


def test_every_act_is_recorded_with_its_names(house):
    before = len(entries(house.data))
    house.run("create-user", "--user-name", "alice")
    house.run("put-user-policy", "--user-name", "alice", "--policy-name", "use",
              "--policy-document", json.dumps(ALLOW))  # fmt: skip
    key, secret = house.access_key("alice")
    house.run("get-user", "--user-name", "alice")
    new = entries(house.data)[before:]
    told = [(entry["eventName"], entry["requestParameters"]) for entry in new]
    assert told == [
        ("CreateUser", {"userName": "alice"}),
        ("PutUserPolicy", {"policyName": "use", "userName": "alice"}),
        ("CreateAccessKey", {"accessKeyId": key, "userName": "alice"}),
    ]
    for entry in new:
        assert entry["recipientAccountId"] == ACCOUNT
        assert any(row["key"] == f"identity/{ACCOUNT}/user/alice" for row in entry["rows"])
    assert secret not in json.dumps(new)


def test_seeded_identities_have_the_same_ids_in_every_folder(tmp_path):
    content = json.loads(json.dumps(WHOLE))
    content["accounts"][ACCOUNT]["users"]["bob"]["access_keys"][0]["secret"] = "bob-secret-for-tests"
    file = tmp_path / "seed.yaml"
    file.write_text(dumped(content))
    seen = []
    for name in ("one", "other", "other"):
        with Server.dev(tmp_path / name, "--seed", file, "--enforce") as server:
            sts = boto_client(
                "sts", server.endpoint, "AKIAALICE000000000001", secret="alice-secret-for-tests-only"
            )
            seen.append(sts.get_caller_identity()["UserId"])
            done = strongroom("identity", "export", "--data-dir", tmp_path / name, "-")
            exported = yaml.safe_load(done.stdout)["accounts"][ACCOUNT]
            assert exported["users"]["alice"]["groups"] == ["auditors"]
            assert exported["roles"]["deployer"]["trust"] == TRUST
    assert len(set(seen)) == 1 and re.fullmatch("AIDA[A-Z2-7]{17}", seen[0])


def test_what_a_seed_planted_stays_deleted_and_may_be_changed(tmp_path):
    file, data = tmp_path / "seed.yaml", tmp_path / "data"
    content = json.loads(json.dumps(WHOLE))
    content["accounts"][ACCOUNT]["users"]["bob"]["access_keys"][0]["secret"] = "bob-secret-for-tests"
    file.write_text(dumped(content))
    where = ["--data-dir", data, "--account", ACCOUNT]
    with Server.dev(data, "--seed", file):
        strongroom("identity", "tag", *where, "--user-name", "alice", "--tags", "team=blue")
        strongroom("identity", "delete-access-key", *where, "--access-key-id", "AKIABOB00000000000001")
        strongroom("identity", "delete-user", *where, "--user-name", "bob")
    with Server.dev(data, "--seed", file):
        done = strongroom("identity", "list-users", *where, "--output", "json")
        users = json.loads(done.stdout)["Users"]
        assert [user["UserName"] for user in users] == ["alice"]
        assert users[0]["Tags"] == [{"Key": "team", "Value": "blue"}]
    content["accounts"][ACCOUNT]["users"]["alice"]["tags"]["team"] = "green"
    file.write_text(dumped(content))
    said = strongroom(
        "dev", "--listen", "127.0.0.1:0", "--data-dir", data, "--seed", file, fails=True
    ).stderr
    assert re.search(r"seed\.yaml:\d+: the user `alice` is declared differently", said), said
