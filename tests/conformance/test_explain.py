"""Why somebody may or may not do something: `strongroom explain` and `simulate`."""

import json
import subprocess
import time

import pytest
from botocore.exceptions import ClientError
from support import REGION, UNKNOWN_KEY, Server, binary, boto_client, init, journal, strongroom
from test_identities import House
from world import A, B, World, allow, deny, document, implicit, root_arn, to

W = World()
TEXT = b"attack at dawn"
EQUALS = "StringEquals"
CONTEXT = "kms:EncryptionContext:app"

shared = W.key()
nobody = W.user("nobody")
reader = W.user("reader", allow("kms:Decrypt"))
halted = W.user("halted", allow("kms:*"), deny("kms:Encrypt", Sid="NoEncryption"))
shop = W.user("shop")
shop_key = W.key(to(shop, allow("kms:Encrypt", condition={EQUALS: {CONTEXT: "shop"}})), default=True)
strict_key = W.key(to(shop, allow("kms:Encrypt", condition={EQUALS: {CONTEXT: "shop"}})))
capped = W.user("capped", allow("kms:*"), boundary=[allow("kms:Decrypt")])
worker = W.role(allow("kms:Encrypt"))
grantee = W.user("grantee")
granted = W.key()
several = W.user("several")
giver = W.user("giver")
stranger = W.user("stranger", allow("kms:*"), account=B)


@pytest.fixture(scope="module", autouse=True)
def server(tmp_path_factory):
    with W.start(tmp_path_factory.mktemp("explain")) as running:
        W.server = running
        W.data = running.data_dir
        yield running


def run(*arguments, expect=0):
    """What a command says, with its exit code checked."""
    ran = subprocess.run(
        [binary(), *map(str, arguments)],
        capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert ran.returncode == expect, f"{arguments}: {ran.returncode}\n{ran.stdout}{ran.stderr}"
    return ran.stdout if expect != 2 else ran.stderr


def explain(request_id, *arguments):
    told = strongroom("explain", request_id, "--data-dir", W.data, *arguments).stdout
    return json.loads(told) if "json" in arguments else told


def explained(request_id):
    answer = explain(request_id, "--output", "json")
    assert answer["requestId"] == request_id
    return answer["uses"]


def refused_call(call, **arguments):
    """The id and the message of a call that is refused."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    answer = caught.value.response
    assert answer["Error"]["Code"] == "AccessDeniedException"
    return answer["ResponseMetadata"]["RequestId"], answer["Error"]["Message"]


def simulate(who, action, resource, *arguments, allowed, **options):
    where = ["--data-dir", options.get("data", W.data)]
    told = run(
        "simulate", *where, "--principal", getattr(who, "arn", who), "--action", action,
        "--resource", getattr(resource, "arn", resource), "--output", "json", *arguments,
        expect=0 if allowed else 1,
    )  # fmt: skip
    answer = json.loads(told)
    assert answer["allowed"] is allowed
    return answer


def put(directory, name, *statements):
    path = directory / name
    path.write_text(json.dumps(document(*statements)))
    return path


# --- explain ------------------------------------------------------------------------------------


def test_a_call_that_was_allowed_names_the_statements_that_decided():
    answer = reader.client("kms")
    blob = W.roots[A].encrypt(KeyId=shared.arn, Plaintext=TEXT)["CiphertextBlob"]
    made = answer.decrypt(CiphertextBlob=blob)
    (use,) = explained(made["ResponseMetadata"]["RequestId"])
    assert (use["allowed"], use["reason"]) == (True, "identity-policy")
    assert (use["caller"], use["action"], use["resource"]) == (reader.arn, "kms:Decrypt", shared.arn)
    sources = [place["source"] for place in use["decided_by"]]
    assert sorted(sources) == ["identity-policy", "key-policy"]
    assert "remedy" not in use


def test_a_call_that_nothing_allowed_hears_what_would():
    request_id, message = refused_call(nobody.encrypt, KeyId=shared.arn, Plaintext=TEXT)
    (use,) = explained(request_id)
    assert use["allowed"] is False
    assert use["message"] == message == implicit("ID", nobody, "kms:Encrypt", shared)
    (change,) = use["remedy"]["changes"]
    assert change["change"] == "add-statement"
    assert change["statement"]["Action"] == "kms:Encrypt"
    # And it is true: with the statement it would be allowed.
    assert use["remedy"]["sentence"].startswith("Add to ")


def test_the_remedy_does_what_it_says(tmp_path):
    request_id, _ = refused_call(nobody.encrypt, KeyId=shared.arn, Plaintext=TEXT)
    (use,) = explained(request_id)
    (change,) = use["remedy"]["changes"]
    made = document(change["statement"])
    path = tmp_path / "p.json"
    path.write_text(json.dumps(made))
    flag = "--with-policy" if change["source"] == "key-policy" else "--with-identity-policy"
    simulate(nobody, "kms:Encrypt", shared, allowed=False)
    simulate(nobody, "kms:Encrypt", shared, flag, path, allowed=True)


def test_a_statement_that_denies_is_named():
    request_id, message = refused_call(halted.encrypt, KeyId=shared.arn, Plaintext=TEXT)
    (use,) = explained(request_id)
    assert use["reason"] == "identity-explicit"
    assert use["decided_by"] == [
        {
            "source": "identity-policy",
            "policy": f"user/{halted.name}/own",
            "statement": 2,
            "sid": "NoEncryption",
        }
    ]
    (change,) = use["remedy"]["changes"]
    assert change["change"] == "lift-deny"
    text = explain(request_id)
    assert text.startswith("DENIED  identity-explicit\n")
    assert f"  told      {message}\n" in text
    assert "decided by statement 2 (NoEncryption) of the identity policy" in text
    assert "The smallest change that would allow it:\n  Remove statement 2 (NoEncryption)" in text


def test_conditions_are_shown_with_what_was_wanted_and_found():
    request_id, _ = refused_call(
        shop.encrypt, KeyId=strict_key.arn, Plaintext=TEXT, EncryptionContext={"app": "bank"}
    )
    (use,) = explained(request_id)
    (policy,) = [it for it in use["policies"] if it["source"] == "key-policy"]
    (condition,) = policy["statements"][0]["conditions"]
    assert condition == {
        "operator": "StringEquals",
        "key": CONTEXT,
        "wanted": ["shop"],
        "found": ["bank"],
        "holds": False,
    }
    (change,) = use["remedy"]["changes"]
    assert change["change"] == "meet-conditions"
    assert f"not met: StringEquals {CONTEXT} shop; the request has bank" in explain(request_id)


def test_the_boundary_is_among_what_was_considered():
    request_id, message = refused_call(capped.encrypt, KeyId=shared.arn, Plaintext=TEXT)
    assert message == implicit("PB", capped, "kms:Encrypt", shared)
    (use,) = explained(request_id)
    assert "permissions-boundary" in [policy["source"] for policy in use["policies"]]
    assert use["remedy"]["changes"][0]["source"] == "permissions-boundary"
    assert f"permissions boundary user/{capped.name}/permissions-boundary" in explain(request_id)


def test_a_session_policy_is_among_what_was_considered():
    session = worker.session("night", allow("kms:Decrypt"))
    request_id, message = refused_call(session.encrypt, KeyId=shared.arn, Plaintext=TEXT)
    assert message == implicit("SP", session, "kms:Encrypt", shared)
    (use,) = explained(request_id)
    assert "session-policy" in [policy["source"] for policy in use["policies"]]


def test_a_grant_that_decides_is_shown():
    W.roots[A].create_grant(
        KeyId=shared.arn, GranteePrincipal=grantee.arn, Operations=["Encrypt"]
    )
    made = grantee.encrypt(KeyId=shared.arn, Plaintext=TEXT)
    request_id = made["ResponseMetadata"]["RequestId"]
    (use,) = explained(request_id)
    assert (use["allowed"], use["reason"], use["grant"]) == (True, "grant", "user")
    assert "decided by a grant that names the caller as the user" in explain(request_id)


def test_grants_are_listed_with_why_each_does_not_cover_the_call():
    root, key = W.roots[A], granted.arn

    def grant(to, operations, **more):
        made = root.create_grant(
            KeyId=key, GranteePrincipal=to.arn, Operations=operations, **more
        )
        return made["GrantId"]

    equals = {"EncryptionContextEquals": {"app": "shop"}}
    reads = grant(several, ["Decrypt"], Name="reads")
    bound = grant(several, ["Encrypt"], Constraints=equals)
    others = grant(grantee, ["Encrypt"])
    request_id, _ = refused_call(several.encrypt, KeyId=key, Plaintext=TEXT)
    (use,) = explained(request_id)
    assert {it["id"]: it["misfit"] for it in use["grants"]} == {
        reads: "operation", bound: "constraint", others: "grantee",
    }  # fmt: skip
    assert not any(it["decided"] for it in use["grants"])
    text = explain(request_id)
    assert f"    {reads} (reads) to {several.arn}: Decrypt\n" in text
    assert "does not cover it: it does not list the operation" in text
    assert "does not cover it: the encryption context is not as it wants it" in text
    assert 'it wants {"equals":{"app":"shop"}}' in text
    assert "does not cover it: it names somebody else" in text

    made = several.encrypt(KeyId=key, Plaintext=TEXT, EncryptionContext={"app": "shop"})
    request_id = made["ResponseMetadata"]["RequestId"]
    # What was looked at is told as it was.
    root.revoke_grant(KeyId=key, GrantId=bound)
    (use,) = explained(request_id)
    (decided,) = [it for it in use["grants"] if it["decided"]]
    assert (decided["id"], decided["covers"]) == (bound, "user")
    assert "covers it; it names the caller as the user; it decided" in explain(request_id)
    # A simulation lists them as they are; where a policy decides, none was looked at.
    answer = simulate(several, "kms:Encrypt", granted, allowed=False)
    assert {it["id"]: it["misfit"] for it in answer["grants"]} == {
        reads: "operation", others: "grantee",
    }  # fmt: skip
    (use,) = explained(root.encrypt(KeyId=key, Plaintext=TEXT)["ResponseMetadata"]["RequestId"])
    assert "grants" not in use


def test_a_grant_that_passes_on_too_much_is_told():
    W.roots[A].create_grant(
        KeyId=granted.arn, GranteePrincipal=giver.arn, Operations=["CreateGrant", "Decrypt"]
    )
    request_id, _ = refused_call(
        giver.create_grant, KeyId=granted.arn, GranteePrincipal=nobody.arn, Operations=["Encrypt"]
    )
    (use,) = explained(request_id)
    assert [it["misfit"] for it in use["grants"] if it["grantee"] == giver.arn] == ["new-grant"]


def test_every_use_of_a_call_is_explained():
    blob = W.roots[A].encrypt(KeyId=shared.arn, Plaintext=TEXT)["CiphertextBlob"]
    made = W.roots[A].re_encrypt(CiphertextBlob=blob, DestinationKeyId=shop_key.arn)
    uses = explained(made["ResponseMetadata"]["RequestId"])
    asked = [(use["action"], use["resource"]) for use in uses]
    assert asked == [("kms:ReEncryptFrom", shared.arn), ("kms:ReEncryptTo", shop_key.arn)]
    assert explain(made["ResponseMetadata"]["RequestId"]).count("ALLOWED") == 2


@pytest.mark.parametrize(
    "request_id, sentence",
    [
        ("00000000-0000-4000-8000-000000000000", "is not among the recent calls"),
        ("nonsense", "nonsense is not the id of a request"),
    ],
)
def test_an_id_that_is_not_remembered_is_told(request_id, sentence):
    ran = strongroom("explain", request_id, "--data-dir", W.data, fails=True)
    assert sentence in ran.stderr and ran.returncode == 1


def test_explaining_leaves_no_entry():
    request_id, _ = refused_call(nobody.encrypt, KeyId=shared.arn, Plaintext=TEXT)
    before = len(journal(W.data))
    explain(request_id)
    simulate(nobody, "kms:Encrypt", shared, allowed=False)
    assert len(journal(W.data)) == before


def test_a_server_that_asks_no_policies_says_so(tmp_path):
    with Server.dev(tmp_path / "open") as running:
        ran = strongroom(
            "explain", "00000000-0000-4000-8000-000000000000", "--data-dir", running.data_dir,
            fails=True,
        )  # fmt: skip
        assert "--enforce" in ran.stderr
    ran = strongroom("explain", "x", "--data-dir", tmp_path / "open", fails=True)
    assert "no server runs on" in ran.stderr


# --- simulate -----------------------------------------------------------------------------------


def test_the_present_state_answers_as_the_call_does():
    answer = simulate(nobody, "kms:Encrypt", shared, allowed=False)
    _, message = refused_call(nobody.encrypt, KeyId=shared.arn, Plaintext=TEXT)
    assert answer["message"] == message
    simulate(reader, "kms:Decrypt", shared, allowed=True)
    simulate(W.roots[A], "kms:PutKeyPolicy", shared, allowed=True)
    simulate(worker, "kms:Encrypt", shared, allowed=True)
    simulate(worker.session_arn("x"), "kms:Decrypt", shared, allowed=False)


def test_context_is_given_on_the_command_line():
    given = ["--context", f"{CONTEXT}=shop"]
    simulate(shop, "kms:Encrypt", shop_key, *given, allowed=True)
    simulate(shop, "kms:Encrypt", shop_key, "--context", f"{CONTEXT}=bank", allowed=False)
    answer = simulate(shop, "kms:Encrypt", shop_key, allowed=False)
    assert answer["not_given"] == [CONTEXT]
    answer = simulate(shop, "kms:EnableKey", shop_key, *given, allowed=False)
    assert answer["ignored"] == [f"kms:EnableKey has no {CONTEXT}, so it does not count."]


def test_a_proposed_key_policy_counts_in_place_of_the_stored_one(tmp_path):
    own = to(root_arn(), allow("kms:*"))
    path = put(tmp_path, "key.json", own, to(nobody, allow("kms:Encrypt", Sid="New")))
    simulate(nobody, "kms:Encrypt", shared, allowed=False)
    answer = simulate(nobody, "kms:Encrypt", shared, "--with-policy", path, allowed=True)
    assert answer["decided_by"][0]["sid"] == "New"
    path = put(tmp_path, "deny.json", own, to(reader, deny("kms:Decrypt")))
    answer = simulate(reader, "kms:Decrypt", shared, "--with-policy", path, allowed=False)
    assert answer["reason"] == "resource-explicit"
    # It was not put.
    simulate(reader, "kms:Decrypt", shared, allowed=True)


def test_a_proposed_identity_policy_counts_in_place_of_the_stored_ones(tmp_path):
    path = put(tmp_path, "own.json", allow("kms:Encrypt"))
    for who in (nobody, halted):
        simulate(who, "kms:Encrypt", shared, allowed=False)
        simulate(who, "kms:Encrypt", shared, "--with-identity-policy", path, allowed=True)
    simulate(reader, "kms:Decrypt", shared, "--with-identity-policy", path, allowed=False)
    # The boundary stays.
    answer = simulate(capped, "kms:Encrypt", shared, "--with-identity-policy", path, allowed=False)
    assert answer["reason"] == "boundary-implicit"


def test_aliases_name_keys_and_are_resources():
    W.roots[A].create_alias(AliasName="alias/simulated", TargetKeyId=shared.id)
    alias = f"arn:aws:kms:{REGION}:{A}:alias/simulated"
    answer = simulate(reader, "kms:Decrypt", alias, allowed=True)
    assert answer["resource"] == shared.arn
    answer = simulate(halted, "kms:DeleteAlias", alias, allowed=True)
    assert answer["resource"] == alias
    simulate(halted, "kms:CreateKey", "*", allowed=True)
    simulate(nobody, "kms:CreateKey", "*", allowed=False)


def test_a_grant_counts_and_its_constraint_too():
    W.roots[A].create_grant(
        KeyId=shared.arn, GranteePrincipal=nobody.arn, Operations=["GenerateDataKey"],
        Constraints={"EncryptionContextSubset": {"App": "a"}},
    )  # fmt: skip
    pair = "kms:EncryptionContext:App=a"
    answer = simulate(nobody, "kms:GenerateDataKey", shared, "--context", pair, allowed=True)
    assert answer["reason"] == "grant"
    simulate(nobody, "kms:GenerateDataKey", shared, allowed=False)


def test_other_accounts_need_both_sides(tmp_path):
    simulate(stranger, "kms:Encrypt", shared, allowed=False)
    own = to(root_arn(), allow("kms:*"))
    path = put(tmp_path, "key.json", own, to(root_arn(B), allow("kms:Encrypt")))
    simulate(stranger, "kms:Encrypt", shared, "--with-policy", path, allowed=True)


def test_people_read_a_text():
    told = run(
        "simulate", "--data-dir", W.data, "--principal", shop.arn, "--action", "kms:Encrypt",
        "--resource", shop_key.arn, expect=1,
    )  # fmt: skip
    assert told.startswith("DENIED  ")
    assert f"  caller    {shop.arn}\n" in told
    assert f"Counted as absent, since it was not given: {CONTEXT}\n" in told


@pytest.mark.parametrize(
    "change, sentence",
    [
        ({"--principal": f"arn:aws:iam::{A}:user/ghost"}, "there is no arn:aws:iam::"),
        ({"--principal": "alice"}, "alice is not the ARN of"),
        ({"--action": "kms:Dance"}, "kms:Dance is no action of KMS"),
        ({"--action": "kms:ListKeys"}, "is not done to"),
        ({"--resource": "thing"}, "thing is neither"),
        ({"--resource": f"arn:aws:kms:{REGION}:{A}:key/{UNKNOWN_KEY}"}, "there is no arn:aws:kms:"),
        ({"--context": "aws:PrincipalTag/team=red"}, "follows from the principal"),
        ({"--with-policy": "BAD"}, "the proposed key policy is refused: Malformed"),
        ({"--with-identity-policy": "BAD"}, "the proposed identity policy is refused: "),
        ({"--with-policy": "/nowhere"}, "/nowhere cannot be read"),
    ],
)
def test_a_question_without_sense_has_no_answer(tmp_path, change, sentence):
    bad = tmp_path / "bad.json"
    bad.write_text('{"Version": "2012-10-17"}')
    options = {
        "--principal": nobody.arn, "--action": "kms:Encrypt", "--resource": shared.arn,
    } | change  # fmt: skip
    arguments = [bad if it == "BAD" else it for pair in options.items() for it in pair]
    assert sentence in run("simulate", "--data-dir", W.data, *arguments, expect=2)


def test_a_folder_at_rest_answers_too(tmp_path):
    data, seal = tmp_path / "data", f"key-file={tmp_path / 'seal.key'}"
    init(data, seal)
    told = run(
        "simulate", "--data-dir", data, "--seal", seal, "--principal", root_arn(),
        "--action", "kms:CreateKey", "--resource", "*", "--output", "json",
    )  # fmt: skip
    assert json.loads(told)["reason"] == "account-root"


# --- whatif -------------------------------------------------------------------------------------

replayed = W.key()
writer = W.user("writer", allow("kms:*"))
outsider = W.user("outsider")
tagged = W.role(allow("kms:*"))
closed = W.key()
opened = W.key(to(root_arn(B), allow("kms:Encrypt")), default=True)
lame = W.user("lame", account=B)
OWN = to(root_arn(), allow("kms:*"))


def what_if(directory, key, *statements, expect=1, more=()):
    path = put(directory, "proposed.json", OWN, *statements)
    told = run(
        "whatif", "--policy", path, "--key", key, "--since", "1h", "--data-dir", W.data,
        "--output", "json", *more, expect=expect,
    )  # fmt: skip
    return json.loads(told)


def group(tally, who, action):
    """The one group of a principal and an action."""
    found = [
        it for it in tally["groups"] if (it["principal"], it["action"]) == (who.arn, action)
    ]
    assert len(found) == 1, tally
    return found[0]


@pytest.fixture(scope="module")
def past(server):
    """Calls about one key: the ids of their requests."""
    first = writer.encrypt(KeyId=replayed.arn, Plaintext=TEXT, EncryptionContext={"app": "shop"})
    second = writer.encrypt(KeyId=replayed.id, Plaintext=TEXT, EncryptionContext={"app": "bank"})
    third = writer.encrypt(KeyId=replayed.id, Plaintext=TEXT, EncryptionContext={"app": "bank"})
    writer.re_encrypt(
        CiphertextBlob=first["CiphertextBlob"], SourceEncryptionContext={"app": "shop"},
        DestinationKeyId=shared.arn,
    )  # fmt: skip
    refused_id, _ = refused_call(outsider.describe_key, KeyId=replayed.arn)
    tagged.session("day").describe_key(KeyId=replayed.arn)
    ids = [it["ResponseMetadata"]["RequestId"] for it in (first, second, third)]
    return [*ids, refused_id]


def test_calls_that_would_be_denied_are_counted(past, tmp_path):
    rule = deny("kms:Encrypt", Sid="ShopOnly", condition={"StringNotEquals": {CONTEXT: "shop"}})
    effects = what_if(tmp_path, replayed.arn, to("*", rule))
    assert effects["key"] == replayed.arn
    denied = group(effects["newly_denied"], writer, "kms:Encrypt")
    assert (denied["calls"], denied["request_id"]) == (2, past[2])
    assert denied["first"] <= denied["last"]
    assert effects["newly_denied"]["calls"] == 2
    assert effects["newly_allowed"] == effects["not_judged"] == {"calls": 0, "groups": []}
    # Encrypt thrice, ReEncryptFrom, and DescribeKey twice.
    assert effects["judged"] == 6


def test_calls_that_would_be_allowed_are_counted(past, tmp_path):
    effects = what_if(tmp_path, replayed.id, to(outsider, allow("kms:DescribeKey")))
    allowed = group(effects["newly_allowed"], outsider, "kms:DescribeKey")
    assert (allowed["calls"], allowed["request_id"]) == (1, past[3])
    assert effects["newly_denied"]["calls"] == 0


def test_each_use_of_a_call_is_judged_by_its_own_action(past, tmp_path):
    effects = what_if(tmp_path, replayed.arn, to(writer, deny("kms:ReEncryptFrom")))
    assert group(effects["newly_denied"], writer, "kms:ReEncryptFrom")["calls"] == 1
    assert effects["newly_denied"]["calls"] == 1


def test_a_policy_that_means_the_same_changes_nothing(past, tmp_path):
    effects = what_if(tmp_path, replayed.arn, expect=0)
    assert effects["newly_denied"]["calls"] == effects["newly_allowed"]["calls"] == 0
    assert effects["judged"] == 6


def test_calls_from_another_account_need_both_sides(tmp_path):
    closed_id, _ = refused_call(stranger.encrypt, KeyId=closed.arn, Plaintext=TEXT)
    lame_id, _ = refused_call(lame.encrypt, KeyId=closed.arn, Plaintext=TEXT)
    assert closed_id != lame_id
    open_to_b = to(root_arn(B), allow("kms:Encrypt"))
    effects = what_if(tmp_path, closed.arn, open_to_b)
    allowed = group(effects["newly_allowed"], stranger, "kms:Encrypt")
    assert (allowed["calls"], allowed["request_id"]) == (1, closed_id)
    assert effects["newly_allowed"]["calls"] == 1, "its own account does not allow the other"
    # What is not offered across accounts stays denied, whatever a policy says.
    refused_call(stranger.schedule_key_deletion, KeyId=closed.arn)
    effects = what_if(tmp_path, closed.arn, to(stranger, allow("kms:ScheduleKeyDeletion")), expect=0)
    assert effects["newly_allowed"]["calls"] == 0

    stranger.encrypt(KeyId=opened.arn, Plaintext=TEXT)
    effects = what_if(tmp_path, opened.arn)
    assert group(effects["newly_denied"], stranger, "kms:Encrypt")["calls"] == 1
    effects = what_if(tmp_path, opened.arn, open_to_b, expect=0)
    assert effects["judged"] == 1


def test_a_folder_at_rest_is_replayed_too(tmp_path):
    with House(tmp_path) as house:
        house.run("create-user", "--user-name", "alice")
        reads = json.dumps(document(allow("kms:DescribeKey")))
        house.run("put-user-policy", "--user-name", "alice", "--policy-name", "p",
                  "--policy-document", reads)  # fmt: skip
        names = ("access_key_id", "secret_access_key")
        root_key, root_secret = (house.root[name] for name in names)
        root = boto_client("kms", house.server.endpoint, root_key, secret=root_secret)
        key = root.create_key()["KeyMetadata"]["Arn"]
        access_key, secret = house.access_key("alice")
        alice = boto_client("kms", house.server.endpoint, access_key, secret=secret)
        alice.describe_key(KeyId=key)
        request_id, _ = refused_call(alice.encrypt, KeyId=key, Plaintext=TEXT)
    arn = f"arn:aws:iam::{A}:user/alice"
    own = to(root_arn(), allow("kms:*"))
    path = put(tmp_path, "p.json", own, {**allow("kms:Encrypt"), "Principal": {"AWS": arn}},
               {**deny("kms:DescribeKey"), "Principal": {"AWS": arn}})  # fmt: skip
    told = run(
        "whatif", "--policy", path, "--key", key, "--since", "1h", "--data-dir", house.data,
        "--seal", house.seal, "--output", "json", expect=1,
    )  # fmt: skip
    effects = json.loads(told)
    (allowed,) = effects["newly_allowed"]["groups"]
    assert (allowed["principal"], allowed["request_id"]) == (arn, request_id)
    (denied,) = effects["newly_denied"]["groups"]
    assert (denied["action"], denied["calls"]) == ("kms:DescribeKey", 1)
    told = run("explain", request_id, "--data-dir", house.data, expect=1)
    assert told == ""


def test_what_is_not_recorded_is_not_guessed(past, tmp_path):
    asks = {"StringEquals": {"kms:RecipientAttestation:ImageSha384": "00"}}
    effects = what_if(
        tmp_path, replayed.arn, to("*", deny("kms:DescribeKey", condition=asks)), expect=0
    )
    # DescribeKey has no such key at all: it is absent, and known to be.
    assert effects["not_judged"]["calls"] == 0
    tag = {"StringEquals": {"aws:PrincipalTag/team": "red"}}
    effects = what_if(tmp_path, replayed.arn, to("*", deny("kms:DescribeKey", condition=tag)))
    (unknown,) = effects["not_judged"]["groups"]
    assert unknown["principal"] == tagged.session_arn("day")
    assert unknown["because"] == (
        "a policy asks for what is not recorded: aws:PrincipalTag/team"
    )


def test_the_address_and_the_time_are_those_of_the_call(past, tmp_path):
    here = {"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}
    effects = what_if(tmp_path, replayed.arn, to("*", deny("kms:Encrypt", condition=here)))
    assert effects["newly_denied"]["calls"] == 3
    later = {"DateGreaterThan": {"aws:CurrentTime": "2100-01-01T00:00:00Z"}}
    effects = what_if(
        tmp_path, replayed.arn, to("*", deny("kms:Encrypt", condition=later)), expect=0
    )
    assert effects["newly_denied"]["calls"] == 0
    earlier = {"DateLessThan": {"aws:CurrentTime": "2100-01-01T00:00:00Z"}}
    effects = what_if(tmp_path, replayed.arn, to("*", deny("kms:Encrypt", condition=earlier)))
    assert effects["newly_denied"]["calls"] == 3


def test_people_read_the_effects(past, tmp_path):
    path = put(tmp_path, "p.json", OWN, to(writer, deny("kms:Encrypt")))
    told = run(
        "whatif", "--policy", path, "--key", replayed.arn, "--data-dir", W.data, expect=1
    )  # fmt: skip
    assert f"Newly denied: 3\n  3 x kms:Encrypt by {writer.arn}\n" in told
    assert "Newly allowed: 0\n" in told
    assert f"request {past[2]}\n" in told


def test_calls_before_the_span_do_not_count(past, tmp_path):
    # Entries tell their time to the second.
    time.sleep(1.1)
    path = put(tmp_path, "p.json", OWN, to(writer, deny("kms:Encrypt")))
    told = run(
        "whatif", "--policy", path, "--key", replayed.arn, "--since", "0s", "--data-dir", W.data,
        "--output", "json",
    )  # fmt: skip
    assert json.loads(told)["judged"] == 0


def test_a_replay_leaves_no_entry_and_puts_no_policy(past, tmp_path):
    before = len(journal(W.data))
    what_if(tmp_path, replayed.arn, to(writer, deny("kms:Encrypt")))
    assert len(journal(W.data)) == before
    simulate(writer, "kms:Encrypt", replayed, allowed=True)


@pytest.mark.parametrize(
    "key, text, sentence",
    [
        (f"arn:aws:kms:{REGION}:{A}:key/{UNKNOWN_KEY}", None, "there is no arn:aws:kms:"),
        (UNKNOWN_KEY, None, "no call to a key with the id"),
        (f"arn:aws:kms:{REGION}:{A}:alias/a", None, "is not the ARN of a key"),
        (replayed.arn, "{}", "the proposed key policy is refused: Malformed"),
    ],
)
def test_a_replay_without_sense_has_no_answer(past, tmp_path, key, text, sentence):
    path = put(tmp_path, "p.json", OWN)
    if text is not None:
        path.write_text(text)
    told = run("whatif", "--policy", path, "--key", key, "--data-dir", W.data, expect=2)
    assert sentence in told
