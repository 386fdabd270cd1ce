"""Managed policies: made by single commands and by files, attached to users, groups and roles, as
boundaries and as session policies (authorization.md §2.9, §7.3).
"""

import json
import re

import pytest
from botocore.exceptions import ClientError
from support import Server, boto_client, journal, strongroom
from test_identities import ACCOUNT, TRUST, House, accounts, house, shared  # noqa: F401

ANYTHING = "arn:aws:iam::aws:policy/AdministratorAccess"


def arn(name, path="/"):
    return f"arn:aws:iam::{ACCOUNT}:policy{path}{name}"


def allow(*actions, effect="Allow"):
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": effect, "Action": list(actions), "Resource": "*"}],
    }


def create(house, name, document, *more):
    given = ["--policy-name", name, "--policy-document", json.dumps(document)]
    return house.json("create-policy", *given, *more)["Policy"]


class Calls:
    """What somebody may do, told by two calls without a key."""

    def __init__(self, house, access_key, secret, token=None):
        endpoint = house.server.endpoint
        self.kms = boto_client("kms", endpoint, access_key, secret=secret, token=token)
        self.sts = boto_client("sts", endpoint, access_key, secret=secret, token=token)

    def may(self):
        calls = {
            "ListKeys": self.kms.list_keys,
            "GenerateRandom": lambda: self.kms.generate_random(NumberOfBytes=1),
        }
        return {name for name, call in calls.items() if self.refusal(call) is None}

    @staticmethod
    def refusal(call):
        try:
            call()
        except ClientError as error:
            assert error.response["Error"]["Code"] == "AccessDeniedException"
            return error.response["Error"]["Message"]


def test_a_policy_has_versions_of_which_one_counts(shared):  # noqa: F811
    made = create(shared, "Read", allow("kms:List*"), "--path", "/team/", "--description", "Looks.")
    read = arn("Read", "/team/")
    assert (made["Arn"], made["Path"], made["Description"]) == (read, "/team/", "Looks.")
    assert re.fullmatch("ANPA[A-Z2-7]{17}", made["PolicyId"])
    assert (made["DefaultVersionId"], made["AttachmentCount"]) == ("v1", 0)
    assert shared.json("get-policy", "--policy-arn", read)["Policy"] == made
    assert made in shared.json("list-policies")["Policies"]
    assert shared.json("list-policies", "--only-attached") == {"Policies": []}
    said = shared.run("create-policy", "--policy-name", "read", "--policy-document",
                      json.dumps(allow("kms:*")), fails=True)  # fmt: skip
    assert "EntityAlreadyExists: A policy called Read already exists. Duplicate names" in said

    policy = ["--policy-arn", read]
    other = ["--policy-document", json.dumps(allow("kms:Get*"))]
    second = shared.json("create-policy-version", *policy, *other)["PolicyVersion"]
    assert (second["VersionId"], second["IsDefaultVersion"]) == ("v2", False)
    third = shared.json("create-policy-version", *policy, *other, "--set-as-default")
    assert third["PolicyVersion"]["IsDefaultVersion"] is True
    told = shared.json("get-policy-version", *policy, "--version-id", "v1")["PolicyVersion"]
    assert (told["Document"], told["IsDefaultVersion"]) == (allow("kms:List*"), False)
    shared.run("set-default-policy-version", *policy, "--version-id", "v2")
    assert shared.json("get-policy", *policy)["Policy"]["DefaultVersionId"] == "v2"
    for _ in range(2):
        shared.run("create-policy-version", *policy, *other)
    said = shared.run("create-policy-version", *policy, *other, fails=True)
    assert "LimitExceeded: A managed policy can have up to 5 versions." in said
    listed = shared.json("list-policy-versions", *policy)["Versions"]
    assert [it["VersionId"] for it in listed] == ["v5", "v4", "v3", "v2", "v1"]
    assert [it["VersionId"] for it in listed if it["IsDefaultVersion"]] == ["v2"]

    said = shared.run("delete-policy-version", *policy, "--version-id", "v2", fails=True)
    assert "DeleteConflict: Cannot delete the default version of a policy." in said
    said = shared.run("delete-policy", *policy, fails=True)
    assert "DeleteConflict: This policy has more than one version." in said
    shared.run("delete-policy-version", *policy, "--version-id", "v5")
    made = shared.json("create-policy-version", *policy, *other)["PolicyVersion"]
    assert made["VersionId"] == "v6", "no number is given twice"
    for version in ("v1", "v3", "v4", "v6"):
        shared.run("delete-policy-version", *policy, "--version-id", version)
    for command in ("get-policy-version", "delete-policy-version", "set-default-policy-version"):
        said = shared.run(command, *policy, "--version-id", "v4", fails=True)
        assert f"NoSuchEntity: Policy {read} version v4 does not exist or is not attachable." in said
    assert "a version is v and a number" in shared.run(
        "get-policy-version", *policy, "--version-id", "4", fails=True
    )
    shared.run("delete-policy", *policy)
    for wrong in (read, arn("Read"), ANYTHING, "arn:aws:iam::444455556666:policy/team/Read"):
        said = shared.run("get-policy", "--policy-arn", wrong, fails=True)
        assert f"NoSuchEntity: Policy {wrong} was not found." in said
    said = shared.run("get-policy", "--policy-arn", "Read", fails=True)
    assert "InvalidInput: ARN Read is not valid." in said


def test_what_is_no_policy_is_refused(shared):  # noqa: F811
    def refused(document, *more, name="Wrong"):
        given = ["--policy-name", name, "--policy-document", document]
        return shared.run("create-policy", *given, *more, fails=True)

    long = json.dumps(allow("kms:" + "x" * 6144))
    assert "LimitExceeded: Cannot exceed quota for PolicySize: 6144" in refused(long)
    assert "MalformedPolicyDocument: " in refused('{"Statement":[]}')
    assert "should not specify a principal" in refused(json.dumps(TRUST))
    assert "ValidationError: " in refused(json.dumps(allow("kms:*")), name="a b")
    assert "begins and ends with a slash" in refused(json.dumps(allow("kms:*")), "--path", "x")
    create(shared, "Right", allow("kms:*"))
    right = ["--policy-arn", arn("Right")]
    said = shared.run("create-policy-version", *right, "--policy-document", long, fails=True)
    assert "PolicySize" in said
    shared.run("delete-policy", *right)


@pytest.mark.parametrize("kind", ["user", "group", "role"])
def test_a_policy_is_attached_and_detached(shared, kind):  # noqa: F811
    name = [f"--{kind}-name", f"holder-{kind}"]
    more = ["--assume-role-policy-document", json.dumps(TRUST)] if kind == "role" else []
    shared.run(f"create-{kind}", *name, *more)
    mine = [arn(f"{kind}-{number}") for number in range(11)]
    for number in range(11):
        create(shared, f"{kind}-{number}", allow("kms:*"))
    first = ["--policy-arn", mine[0]]
    shared.run(f"attach-{kind}-policy", *name, *first)
    shared.run(f"attach-{kind}-policy", *name, *first)
    assert shared.json("get-policy", *first)["Policy"]["AttachmentCount"] == 1, "once is enough"
    listed = shared.json(f"list-attached-{kind}-policies", *name)["AttachedPolicies"]
    assert listed == [{"PolicyName": f"{kind}-0", "PolicyArn": mine[0]}]
    holders = shared.json("list-entities-for-policy", *first)
    assert holders.pop(f"Policy{kind.capitalize()}s")[0][f"{kind.capitalize()}Name"] == name[1]
    assert set(map(tuple, holders.values())) == {()}
    for absent in (arn("nobody"), ANYTHING, "arn:aws:iam::444455556666:policy/x"):
        said = shared.run(f"attach-{kind}-policy", *name, "--policy-arn", absent, fails=True)
        assert f"NoSuchEntity: Policy {absent} does not exist or is not attachable." in said
    for other in mine[1:10]:
        shared.run(f"attach-{kind}-policy", *name, "--policy-arn", other)
    said = shared.run(f"attach-{kind}-policy", *name, "--policy-arn", mine[10], fails=True)
    assert f"LimitExceeded: Cannot exceed quota for PoliciesPer{kind.capitalize()}: 10" in said
    assert shared.json("get-policy", "--policy-arn", mine[10])["Policy"]["AttachmentCount"] == 0
    said = shared.run("delete-policy", *first, fails=True)
    assert "DeleteConflict: Cannot delete a policy attached to entities." in said
    said = shared.run(f"delete-{kind}", *name, fails=True)
    assert "DeleteConflict: Cannot delete entity, must detach all policies first." in said
    for attached in mine[:10]:
        shared.run(f"detach-{kind}-policy", *name, "--policy-arn", attached)
    said = shared.run(f"detach-{kind}-policy", *name, *first, fails=True)
    assert f"NoSuchEntity: Policy {mine[0]} was not found." in said
    shared.run("delete-policy", *first)
    shared.run(f"delete-{kind}", *name)


def test_attached_policies_and_their_versions_count_at_once(house):  # noqa: F811
    house.run("create-user", "--user-name", "alice")
    house.run("create-group", "--group-name", "crew")
    alice = Calls(house, *house.access_key("alice"))
    one = create(house, "One", allow("kms:ListKeys"))["Arn"]
    two = create(house, "Two", allow("kms:GenerateRandom"))["Arn"]
    assert alice.may() == set()
    house.run("attach-user-policy", "--user-name", "alice", "--policy-arn", one)
    assert alice.may() == {"ListKeys"}
    house.run("attach-group-policy", "--group-name", "crew", "--policy-arn", two)
    house.run("add-user-to-group", "--user-name", "alice", "--group-name", "crew")
    assert alice.may() == {"ListKeys", "GenerateRandom"}
    denied = json.dumps(allow("kms:ListKeys", effect="Deny"))
    house.run("create-policy-version", "--policy-arn", two, "--policy-document", denied)
    assert alice.may() == {"ListKeys", "GenerateRandom"}, "it does not count yet"
    house.run("set-default-policy-version", "--policy-arn", two, "--version-id", "v2")
    assert alice.may() == set()
    said = alice.refusal(alice.kms.list_keys)
    assert said.endswith("with an explicit deny in an identity-based policy")
    house.run("remove-user-from-group", "--user-name", "alice", "--group-name", "crew")
    assert alice.may() == {"ListKeys"}

    # A boundary is one by its ARN, too.
    house.run("put-boundary", "--user-name", "alice", "--permissions-boundary", two)
    told = house.json("get-user", "--user-name", "alice")["User"]["PermissionsBoundary"]
    assert told == {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": two}
    counts = house.json("get-policy", "--policy-arn", two)["Policy"]
    assert (counts["AttachmentCount"], counts["PermissionsBoundaryUsageCount"]) == (1, 1)
    said = alice.refusal(alice.kms.list_keys)
    assert said.endswith("with an explicit deny in a permissions boundary")
    house.run("set-default-policy-version", "--policy-arn", two, "--version-id", "v1")
    said = alice.refusal(alice.kms.list_keys)
    assert said.endswith("because no permissions boundary allows the kms:ListKeys action")
    house.run("detach-group-policy", "--group-name", "crew", "--policy-arn", two)
    said = house.run("delete-policy", "--policy-arn", two, fails=True)
    assert "Cannot delete a policy attached to entities." in said
    house.run("delete-boundary", "--user-name", "alice")
    assert alice.may() == {"ListKeys"}
    said = house.run("put-boundary", "--user-name", "alice", "--permissions-boundary", ANYTHING,
                     fails=True)  # fmt: skip
    assert f"NoSuchEntity: Policy {ANYTHING} does not exist or is not attachable." in said

    # An explanation names policy and version.
    with pytest.raises(ClientError) as caught:
        alice.kms.generate_random(NumberOfBytes=1)
    request = caught.value.response["ResponseMetadata"]["RequestId"]
    told = strongroom("explain", "--data-dir", house.data, request).stdout
    assert "policy/One v1" in told, told


def test_managed_policies_are_session_policies(house):  # noqa: F811
    house.run("create-user", "--user-name", "alice")
    house.run("create-role", "--role-name", "dev", "--assume-role-policy-document", json.dumps(TRUST))
    every = create(house, "Every", allow("kms:*"))["Arn"]
    house.run("attach-role-policy", "--role-name", "dev", "--policy-arn", every)
    alice = Calls(house, *house.access_key("alice"))
    role = f"arn:aws:iam::{ACCOUNT}:role/dev"

    def assume(*arns, **more):
        given = [{"arn": arn} for arn in arns]
        made = alice.sts.assume_role(
            RoleArn=role, RoleSessionName="s1", PolicyArns=given, **more
        )
        keys = made["Credentials"]
        calls = Calls(house, keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
        return calls, made.get("PackedPolicySize")

    listing = create(house, "Listing", allow("kms:ListKeys"))["Arn"]
    random = create(house, "Random", allow("kms:GenerateRandom"))["Arn"]
    both = {"ListKeys", "GenerateRandom"}
    session, packed = assume(listing)
    assert session.may() == {"ListKeys"} and packed >= 1
    said = session.refusal(lambda: session.kms.generate_random(NumberOfBytes=1))
    assert said.endswith("because no session policy allows the kms:GenerateRandom action")
    assert assume(listing, random)[0].may() == both
    assert assume(listing, Policy=json.dumps(allow("kms:GenerateRandom")))[0].may() == both

    # What a session may do follows the policy, also when it is gone.
    denied = json.dumps(allow("kms:ListKeys", effect="Deny"))
    house.run("create-policy-version", "--policy-arn", listing, "--policy-document", denied,
              "--set-as-default")  # fmt: skip
    assert session.may() == set()
    house.run("delete-policy-version", "--policy-arn", listing, "--version-id", "v1")
    two, _ = assume(listing, random)
    assert two.may() == {"GenerateRandom"}
    house.run("delete-policy", "--policy-arn", listing)
    assert two.may() == set() and session.may() == set()

    def refused(*arns, **more):
        with pytest.raises(ClientError) as caught:
            assume(*arns, **more)
        error = caught.value.response["Error"]
        return error["Code"], error["Message"]

    for absent in (listing, ANYTHING, "arn:aws:iam::444455556666:policy/Random"):
        assert refused(absent) == (
            "ValidationError", f"Policy {absent} does not exist or is not attachable.",
        )  # fmt: skip
    code, said = refused(*[random] * 11)
    assert code == "ValidationError" and "less than or equal to 10" in said
    code, said = refused(random, Policy=json.dumps(allow("kms:" + "x" * 1930)))
    assert code == "PackedPolicyTooLarge" and re.search(r"consumes \d+% of allotted", said)


WHOLE = accounts(
    policies={
        "Read": {"path": "/team/", "description": "Looks.", "document": allow("kms:List*")},
        "Edge": {"document": allow("kms:*")},
    },
    users={"alice": {"managed_policies": [arn("Read", "/team/")],
                     "permissions_boundary": arn("Edge")}},
    groups={"crew": {"managed_policies": [arn("Edge")]}},
    roles={"dev": {"trust": TRUST, "max_session_duration_seconds": 3600,
                   "managed_policies": [arn("Edge"), arn("Read", "/team/")]}},
)  # fmt: skip


def test_files_declare_them(house):  # noqa: F811
    code, told, _ = house.diff(WHOLE)
    assert code == 1 and f"+ {ACCOUNT} policy Read" in told.splitlines()
    house.apply(WHOLE)
    assert house.diff(WHOLE) == (0, "", "")
    exported = house.export(ACCOUNT)
    assert house.file(exported) and house.diff(exported) == (0, "", "")
    exported = exported["accounts"][ACCOUNT]
    exported.pop("root", None)
    assert exported == WHOLE["accounts"][ACCOUNT]

    changed = json.loads(json.dumps(WHOLE))
    account = changed["accounts"][ACCOUNT]
    account["policies"]["Read"]["document"] = allow("kms:Get*")
    account["users"]["alice"]["managed_policies"] = [arn("Edge")]
    code, told, _ = house.diff(changed)
    assert code == 1 and set(told.splitlines()) == {
        f"~ {ACCOUNT} policy Read: document",
        f"~ {ACCOUNT} user alice: managed_policies/{arn('Edge')}, "
        f"managed_policies/{arn('Read', '/team/')}",
    }
    house.apply(changed)
    assert house.diff(changed)[0] == 0
    versions = house.json("list-policy-versions", "--policy-arn", arn("Read", "/team/"))["Versions"]
    assert [it["VersionId"] for it in versions if it["IsDefaultVersion"]] == ["v2"]

    moved = json.loads(json.dumps(changed).replace("/team/", "/"))
    assert "cannot be changed" in house.apply(moved, fails=True)
    lacking = accounts(users={"alice": {"managed_policies": [arn("Read")]}})
    assert f"the account has no policy `{arn('Read')}`" in house.apply(lacking, fails=True)

    root = {"access_keys": [{"id": house.root["access_key_id"]}]}
    little = accounts(root=root, groups={"crew": {}})
    house.apply(little, "--prune")
    assert house.export(ACCOUNT) == little
    assert house.json("list-policies") == {"Policies": []}


def test_they_survive_a_restart(tmp_path):
    house = House(tmp_path)
    with house:
        house.apply(WHOLE)
        alice = Calls(house, *house.access_key("alice"))
        assert alice.may() == {"ListKeys"}
        keys = alice.kms._request_signer._credentials
    with house:
        again = Calls(house, keys.access_key, keys.secret_key)
        assert again.may() == {"ListKeys"}
    told = house.json("get-policy", "--policy-arn", arn("Edge"))["Policy"]
    assert (told["AttachmentCount"], told["PermissionsBoundaryUsageCount"]) == (2, 1)


def test_a_seed_plants_them_before_whoever_has_them(tmp_path):
    content = json.loads(json.dumps(WHOLE))
    key = {"id": "AKIAALICE000000000001", "secret": "alice-secret-for-tests-only"}
    content["accounts"][ACCOUNT]["users"]["alice"]["access_keys"] = [key]
    seed = tmp_path / "seed.yaml"
    seed.write_text(json.dumps(content))
    for _ in range(2):
        server = Server.dev(tmp_path / "data", "--enforce", "--seed", seed)
        try:
            kms = boto_client("kms", server.endpoint, key["id"], secret=key["secret"])
            assert kms.list_keys()["Keys"] == []
            with pytest.raises(ClientError, match="no identity-based policy"):
                kms.generate_random(NumberOfBytes=1)
        finally:
            server.stop()


def test_every_act_is_recorded(house):  # noqa: F811
    before = len(journal(house.data))
    house.run("create-user", "--user-name", "alice")
    made = create(house, "P", allow("kms:*"))["Arn"]
    given = ["--policy-arn", made]
    house.run("attach-user-policy", "--user-name", "alice", *given)
    house.run("create-policy-version", *given, "--policy-document", json.dumps(allow("kms:List*")))
    house.run("set-default-policy-version", *given, "--version-id", "v2")
    house.run("delete-policy-version", *given, "--version-id", "v1")
    house.run("detach-user-policy", "--user-name", "alice", *given)
    house.run("delete-policy", *given)
    new = [json.loads(line) for line in journal(house.data)[before:]]
    told = [(entry["eventName"], entry["requestParameters"]) for entry in new]
    assert told == [
        ("CreateUser", {"userName": "alice"}),
        ("CreatePolicy", {"policyName": "P"}),
        ("AttachUserPolicy", {"policyArn": made, "userName": "alice"}),
        ("CreatePolicyVersion", {"policyArn": made, "setAsDefault": "false"}),
        ("SetDefaultPolicyVersion", {"policyArn": made, "versionId": "v2"}),
        ("DeletePolicyVersion", {"policyArn": made, "versionId": "v1"}),
        ("DetachUserPolicy", {"policyArn": made, "userName": "alice"}),
        ("DeletePolicy", {"policyArn": made}),
    ]
    assert all(entry["rows"] for entry in new)
