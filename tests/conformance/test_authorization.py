"""Who may do what: the scenarios of authorization.md §8, by number, with real users, roles and
sessions against a server that enforces.

Numbers 10 and 73 need a clock and a key that no client can make; they are tests of the service.
"""

import http.client
import json

import pytest
import sigv4
from support import (
    REGION,
    UNKNOWN_KEY,
    Answer,
    Server,
    boto_client,
    init,
    refused,
    strongroom,
)
from world import (
    A,
    B,
    CIPHERTEXT_HIDDEN,
    World,
    allow,
    deny,
    document,
    explicit,
    hidden,
    implicit,
    root_arn,
    to,
)

W = World()
ROOT, FOREIGN_ROOT = W.roots[A], W.roots[B]
ALL = allow("*")
TEXT = b"attack at dawn"


@pytest.fixture(scope="module", autouse=True)
def server(tmp_path_factory):
    with W.start(tmp_path_factory.mktemp("world")) as running:
        W.server = running
        yield running


def denied(text):
    return refused("AccessDeniedException", text)


def encrypt(caller, key, **more):
    return caller.encrypt(KeyId=getattr(key, "arn", key), Plaintext=TEXT, **more)


def alias_arn(name, account=A):
    return f"arn:aws:kms:{REGION}:{account}:{name}"


def user_of(stem, *statements, **more):
    return W.user(stem, *statements, **more)


# --- Signatures ---------------------------------------------------------------------------------

inactive = user_of("inactive", ALL)
inactive.declared["access_keys"][0]["status"] = "Inactive"


def post(server, headers, body=b"{}"):
    connection = http.client.HTTPConnection(server.host, server.port, timeout=10)
    try:
        connection.request("POST", "/", body, headers)
        response = connection.getresponse()
        return Answer(response.status, dict(response.getheaders()), response.read())
    finally:
        connection.close()


def plain(server, target="ListKeys"):
    return {
        "Host": f"{server.host}:{server.port}",
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": f"TrentService.{target}",
    }


def signed(server, body=b"{}", target="ListKeys", credentials=None, **options):
    access_key, secret, _ = credentials or ROOT.credentials()
    return sigv4.sign(plain(server, target), body, access_key, secret, **options)


def test_01_a_call_without_a_signature(server):
    assert post(server, plain(server)).code == "MissingAuthenticationTokenException"


def test_02_an_unknown_access_key(server):
    answer = post(server, signed(server, credentials=("AKIANOBODY0000000000", "x" * 40, None)))
    assert (answer.status, answer.code) == (400, "UnrecognizedClientException")


def test_03_a_body_that_was_changed(server):
    body = json.dumps({"KeyId": "k", "Plaintext": "YQ=="}).encode()
    answer = post(server, signed(server, body, "Encrypt"), body.replace(b"YQ==", b"YQ=~"))
    assert answer.code == "InvalidSignatureException"
    assert answer.message.startswith("The request signature we calculated does not match")


def test_04_a_signature_that_is_too_old(server):
    answer = post(server, signed(server, when=sigv4.timestamp(-301)))
    assert answer.code == "InvalidSignatureException"
    assert answer.message.startswith("Signature expired: ")


def test_05_a_clock_that_is_nearly_five_minutes_ahead(server):
    assert post(server, signed(server, when=sigv4.timestamp(295))).status == 200


def test_06_a_clock_that_is_six_minutes_ahead(server):
    answer = post(server, signed(server, when=sigv4.timestamp(360)))
    assert answer.code == "InvalidSignatureException"
    assert answer.message.startswith("Signature not yet current: ")


def test_07_a_signature_for_another_region(tmp_path):
    seal = f"key-file={tmp_path / 'seal.key'}"
    made = init(tmp_path / "data", seal, "--region", "eu-west-1")
    with Server.serve(tmp_path / "data", seal) as elsewhere:
        credentials = made["access_key_id"], made["secret_access_key"], None
        answer = post(elsewhere, signed(elsewhere, credentials=credentials))
        assert answer.code == "InvalidSignatureException"
        assert "Credential should be scoped to a valid region." in answer.message
        here = signed(elsewhere, credentials=credentials, region="eu-west-1")
        assert post(elsewhere, here).status == 200


def test_08_a_signature_for_another_service(server):
    answer = post(server, signed(server, service="s3"))
    assert answer.code == "InvalidSignatureException"
    assert "Credential should be scoped to correct service: 'kms'." in answer.message


def test_09_temporary_credentials_without_their_token(server):
    access_key, secret, _ = role_39.session("s9").credentials()
    answer = post(server, signed(server, credentials=(access_key, secret, None)))
    assert answer.code == "UnrecognizedClientException"


def test_11_an_inactive_access_key(server):
    answer = post(server, signed(server, credentials=inactive.credentials()))
    assert answer.code == "UnrecognizedClientException"


def test_12_a_target_that_is_not_signed(server):
    names = ["content-type", "host", "x-amz-date"]
    answer = post(server, signed(server, signed=names))
    assert answer.code == "InvalidSignatureException"
    assert "'x-amz-target' must be a 'SignedHeader'" in answer.message


def test_13_an_authorization_without_its_signature(server):
    headers = signed(server)
    headers["Authorization"] = headers["Authorization"].split(", Signature=")[0]
    answer = post(server, headers)
    assert answer.code == "IncompleteSignatureException"
    assert "'Signature'" in answer.message


# --- Key policy and identity policies -----------------------------------------------------------

key_14 = W.key()
nobody = user_of("nobody")


def test_14_nothing_but_the_default_key_policy():
    with denied(implicit("ID", nobody, "kms:Encrypt", key_14)):
        encrypt(nobody, key_14)


alice_15 = user_of("alice", allow("kms:Encrypt", key_14.arn))


def test_15_an_identity_policy_under_the_default_key_policy():
    encrypt(alice_15, key_14)


almighty = user_of("almighty", ALL)
bob = user_of("bob")
key_16 = W.key(to(bob, allow("kms:*")))


def test_16_the_key_policy_is_the_root_of_authority():
    with denied(implicit("RB", almighty, "kms:Encrypt", key_16)):
        encrypt(almighty, key_16)


alice_17 = user_of("alice")
alice_18 = user_of("alice", deny("*"))
key_17 = W.key(to(alice_17, allow("kms:Encrypt")), to(alice_18, allow("kms:Encrypt")))


def test_17_a_key_policy_that_names_the_caller():
    encrypt(alice_17, key_17)


def test_18_a_denial_of_the_identity_side_counts():
    with denied(explicit("ID", alice_18, "kms:Encrypt", key_17)):
        encrypt(alice_18, key_17)


key_19 = W.key(to(almighty, deny("kms:Decrypt")), default=True)


def test_19_a_denial_of_the_key_policy_counts():
    blob = encrypt(almighty, key_19)["CiphertextBlob"]
    with denied(explicit("RB", almighty, "kms:Decrypt", key_19)):
        almighty.decrypt(CiphertextBlob=blob, KeyId=key_19.arn)


key_20 = W.key()


def test_20_the_root_under_the_default_key_policy():
    ROOT.schedule_key_deletion(KeyId=key_20.id)


def test_21_the_root_under_a_key_policy_without_it():
    with denied(implicit("RB", ROOT, "kms:DescribeKey", key_16)):
        ROOT.describe_key(KeyId=key_16.id)


def test_22_operations_without_a_resource_name_a_star():
    with denied(implicit("ID", nobody, "kms:CreateKey", "*")):
        nobody.create_key()


alice_23 = user_of("alice", allow("KMS:encrypt", key_14.arn))


def test_23_actions_are_written_in_any_case():
    encrypt(alice_23, key_14)


alice_24 = user_of("alice", allow("kms:Encrypt", f"arn:aws:kms:{REGION.upper()}:{A}:key/*"))


def test_24_arns_are_not():
    with denied(implicit("ID", alice_24, "kms:Encrypt", key_14)):
        encrypt(alice_24, key_14)


key_25 = W.key(aliases=["alias/app-25"])
alice_25 = user_of("alice", allow("kms:Encrypt", alias_arn("alias/app-25")))


def test_25_the_arn_of_an_alias_is_not_the_key():
    with denied(implicit("ID", alice_25, "kms:Encrypt", key_25)):
        encrypt(alice_25, "alias/app-25")


alice_26 = user_of("alice", allow(None, NotAction="kms:Decrypt"))


def test_26_everything_but_one_action():
    blob = encrypt(alice_26, key_14)["CiphertextBlob"]
    with denied(implicit("ID", alice_26, "kms:Decrypt", key_14)):
        alice_26.decrypt(CiphertextBlob=blob, KeyId=key_14.id)


alice_27, bob_27 = user_of("alice"), user_of("bob")
key_27 = W.key(to(bob_27, allow("kms:*")))


def test_27_a_statement_without_a_resource_has_no_effect():
    policy = document(
        to(alice_27, allow("kms:Encrypt", None)), to(bob_27, allow("kms:*"))
    )
    bob_27.put_key_policy(KeyId=key_27.id, Policy=json.dumps(policy))
    with denied(implicit("RB", alice_27, "kms:Encrypt", key_27)):
        encrypt(alice_27, key_27)


key_28 = W.key(to("*", allow("kms:Encrypt", condition={"StringEquals": {"kms:CallerAccount": A}})))
carol_28 = user_of("carol", allow("kms:Encrypt"), account=B)


def test_28_everybody_of_one_account():
    encrypt(nobody, key_28)
    with denied(hidden(carol_28, "kms:Encrypt")):
        encrypt(carol_28, key_28)


# --- Other accounts -----------------------------------------------------------------------------

key_29 = W.key(to("*", allow("kms:Encrypt")))
stranger = user_of("stranger", account=B)


def test_29_a_foreigner_needs_a_policy_of_its_own_too():
    with denied(implicit("ID", stranger, "kms:Encrypt", key_29)):
        encrypt(stranger, key_29)


carol_30 = user_of("carol", allow("kms:Encrypt", key_29.arn), account=B)


def test_30_a_foreigner_with_both():
    encrypt(carol_30, key_29)


key_31 = W.key(to(root_arn(B), allow("kms:Encrypt")), default=True, aliases=["alias/app-31"])
carol_31 = user_of("carol", allow(["kms:Encrypt", "kms:Decrypt"], key_31.arn), account=B)


def test_31_an_account_is_given_one_action():
    blob = encrypt(carol_31, key_31)["CiphertextBlob"]
    with denied(hidden(carol_31, "kms:Decrypt")):
        carol_31.decrypt(CiphertextBlob=blob, KeyId=key_31.arn)


carol_32 = user_of("carol", account=B)
key_32 = W.key(to(carol_32, allow("kms:Encrypt")), default=True)


def test_32_a_foreigner_who_is_named_needs_both_too():
    with denied(implicit("ID", carol_32, "kms:Encrypt", key_32)):
        encrypt(carol_32, key_32)


carol_33 = user_of("carol", ALL, account=B)


def test_33_a_foreign_key_without_access_and_one_that_is_not_there_are_alike():
    for arn in (key_14.arn, f"arn:aws:kms:{REGION}:{A}:key/{UNKNOWN_KEY}"):
        with denied(hidden(carol_33, "kms:Encrypt")):
            encrypt(carol_33, arn)
        with denied(implicit("ID", stranger, "kms:Encrypt", arn)):
            encrypt(stranger, arn)
    for name in ("alias/app-25", "alias/nothing"):
        for caller in (carol_33, stranger):
            with denied(hidden(caller, "kms:Encrypt")):
                encrypt(caller, alias_arn(name))


OF_KEYS = allow("kms:Encrypt", condition={"StringEquals": {"kms:KeySpec": "SYMMETRIC_DEFAULT"}})
carol_33b = user_of("carol", OF_KEYS, account=B)


def test_33_properties_of_a_foreign_key_do_not_tell_it_from_none():
    for arn in (key_14.arn, f"arn:aws:kms:{REGION}:{A}:key/{UNKNOWN_KEY}"):
        with denied(implicit("ID", carol_33b, "kms:Encrypt", arn)):
            encrypt(carol_33b, arn)
    encrypt(carol_33b, key_29)


key_34 = W.key(to(root_arn(B), allow("kms:ScheduleKeyDeletion")), default=True)


def test_34_operations_that_do_not_cross_accounts():
    with denied(hidden(carol_33, "kms:ScheduleKeyDeletion")):
        carol_33.schedule_key_deletion(KeyId=key_34.arn)


def test_35_aliases_of_another_account_go_by_arn():
    encrypt(carol_31, alias_arn("alias/app-31"))
    missing = f"Alias {alias_arn('alias/app-31', B)} is not found."
    with refused("NotFoundException", missing):
        encrypt(carol_31, "alias/app-31")


# --- What is not there --------------------------------------------------------------------------


def test_36_37_a_key_that_is_not_there_is_not_found_whoever_asks():
    missing = f"Key 'arn:aws:kms:{REGION}:{A}:key/{UNKNOWN_KEY}' does not exist"
    for caller in (almighty, nobody):
        with refused("NotFoundException", missing):
            caller.describe_key(KeyId=UNKNOWN_KEY)


def test_38_a_ciphertext_tells_nothing_of_its_key():
    blob = encrypt(ROOT, key_14)["CiphertextBlob"]
    with denied(CIPHERTEXT_HIDDEN):
        nobody.decrypt(CiphertextBlob=blob)
    with denied(implicit("ID", nobody, "kms:Decrypt", key_14)):
        nobody.decrypt(CiphertextBlob=blob, KeyId=key_14.id)


# --- Sessions and ceilings ----------------------------------------------------------------------

role_39 = W.role()
key_39 = W.key(to(role_39, allow("kms:Encrypt")))


def test_39_a_key_policy_that_names_a_role():
    encrypt(role_39.session("s1"), key_39)


def test_40_a_session_policy_is_a_ceiling_for_what_the_role_is_given():
    session = role_39.session("s1", allow("s3:*"))
    with denied(implicit("SP", session, "kms:Encrypt", key_39)):
        encrypt(session, key_39)


role_41 = W.role()
key_41 = W.key(to(role_41.session_arn("s1"), allow("kms:Encrypt")))


def test_41_what_a_session_is_given_has_no_ceiling():
    encrypt(role_41.session("s1", allow("s3:*")), key_41)
    other = role_41.session("s2")
    with denied(implicit("RB", other, "kms:Encrypt", key_41)):
        encrypt(other, key_41)


alice_42 = user_of("alice", boundary=[allow("s3:*")])
key_42 = W.key(to(alice_42, allow("kms:Encrypt")))


def test_42_what_a_user_is_given_by_name_escapes_its_boundary():
    encrypt(alice_42, key_42)


alice_43 = user_of("alice", allow("kms:Encrypt"), boundary=[allow("s3:*")])


def test_43_a_boundary_that_does_not_allow():
    with denied(implicit("PB", alice_43, "kms:Encrypt", key_14)):
        encrypt(alice_43, key_14)


alice_44 = user_of("alice", allow("kms:Encrypt"), boundary=[deny("kms:Encrypt"), ALL])


def test_44_a_boundary_that_denies():
    with denied(explicit("PB", alice_44, "kms:Encrypt", key_14)):
        encrypt(alice_44, key_14)


key_45 = W.key(to(root_arn(), allow("kms:Describe*")))


def test_45_delegation_is_per_action():
    almighty.describe_key(KeyId=key_45.id)
    with denied(implicit("RB", almighty, "kms:Encrypt", key_45)):
        encrypt(almighty, key_45)


# --- Conditions ---------------------------------------------------------------------------------


def under(action, condition):
    """A user who may do something under a condition."""
    return user_of("alice", allow(action, condition=condition))


def data_key(caller, context=None):
    more = {"EncryptionContext": context} if context is not None else {}
    return caller.generate_data_key_without_plaintext(KeyId=key_14.id, KeySpec="AES_256", **more)


def each(caller, call, good=(), bad=(), action="kms:GenerateDataKeyWithoutPlaintext", key=key_14):
    for argument in good:
        call(caller, argument)
    for argument in bad:
        with denied(implicit("ID", caller, action, key)):
            call(caller, argument)


DATA_KEY = "kms:GenerateDataKey*"
alice_46 = under(DATA_KEY, {"StringEquals": {"kms:EncryptionContext:Dept": "IT"}})


def test_46_a_pair_of_the_encryption_context():
    each(alice_46, data_key, [{"dept": "IT"}, {"Dept": "IT", "x": "y"}], [{"Dept": "it"}, None])


KEYS = "kms:EncryptionContextKeys"
alice_47 = under(DATA_KEY, {"ForAllValues:StringEquals": {KEYS: ["Dept"]}})
alice_48 = under(DATA_KEY, {"ForAnyValue:StringEquals": {KEYS: ["Dept"]}})
alice_49 = under(DATA_KEY, {"Null": {KEYS: "false"}})


def test_47_all_keys_of_the_encryption_context():
    each(alice_47, data_key, [None, {"Dept": "x"}], [{"Dept": "x", "P": "y"}])


def test_48_any_key_of_the_encryption_context():
    each(alice_48, data_key, [{"Dept": "x", "P": "y"}], [None])


def test_49_an_encryption_context_at_all():
    each(alice_49, data_key, [{"a": "b"}], [None])


rsa = W.key(key_spec="RSA_2048", key_usage="ENCRYPT_DECRYPT")
NOT_DEFAULT = {"StringNotEquals": {"kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}}
alice_50 = user_of("alice", ALL, deny("kms:Encrypt", condition=NOT_DEFAULT))


def test_50_the_algorithm_that_is_used_where_none_is_named():
    encrypt(alice_50, key_14)
    with denied(explicit("ID", alice_50, "kms:Encrypt", rsa)):
        encrypt(alice_50, rsa, EncryptionAlgorithm="RSAES_OAEP_SHA_256")


NOT_RED = {"StringNotEquals": {"aws:PrincipalTag/team": "red"}}
alice_51 = user_of("alice", ALL, deny("kms:*", condition=NOT_RED))
red_51 = user_of("red", ALL, deny("kms:*", condition=NOT_RED), tags={"team": "red"})


def test_51_a_negated_condition_holds_for_what_is_absent():
    with denied(explicit("ID", alice_51, "kms:Encrypt", key_14)):
        encrypt(alice_51, key_14)
    encrypt(red_51, key_14)


alice_52 = under("kms:Encrypt", {"StringEqualsIfExists": {"aws:SourceVpce": "x"}})


def test_52_a_condition_for_those_who_have_the_key():
    encrypt(alice_52, key_14)


near = under("kms:Encrypt", {"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}})
far = under("kms:Encrypt", {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})


def test_53_where_a_call_comes_from():
    encrypt(near, key_14)
    with denied(implicit("ID", far, "kms:Encrypt", key_14)):
        encrypt(far, key_14)


alice_54 = user_of("alice", ALL, deny("*", condition={"Bool": {"aws:SecureTransport": "false"}}))


def test_54_whether_a_call_is_secure(tmp_path):
    with denied(explicit("ID", alice_54, "kms:Encrypt", key_14)):
        encrypt(alice_54, key_14)
    with W.start(tmp_path, "--tls-self-signed") as secure:
        certificate = secure.printed("certificate")
        client = alice_54.client(endpoint=secure.endpoint, verify=certificate)
        client.encrypt(KeyId=key_14.id, Plaintext=TEXT)


WINDOW = "kms:ScheduleKeyDeletionPendingWindowInDays"
alice_55 = under("kms:ScheduleKeyDeletion", {"NumericGreaterThanEquals": {WINDOW: "14"}})
key_55 = W.key()


def test_55_how_long_a_deletion_waits():
    with denied(implicit("ID", alice_55, "kms:ScheduleKeyDeletion", key_55)):
        alice_55.schedule_key_deletion(KeyId=key_55.id, PendingWindowInDays=7)
    alice_55.schedule_key_deletion(KeyId=key_55.id)


alice_56 = under("kms:Encrypt", {"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}})
later_56 = under("kms:Encrypt", {"DateGreaterThan": {"aws:EpochTime": "1577836800"}})


def test_56_when_a_call_comes():
    with denied(implicit("ID", alice_56, "kms:Encrypt", key_14)):
        encrypt(alice_56, key_14)
    encrypt(later_56, key_14)


alice_57 = user_of("alice")
VIA = {"StringEquals": {"kms:ViaService": f"ec2.{REGION}.amazonaws.com"}}
key_57 = W.key(to(alice_57, allow("kms:*", condition=VIA)), default=True)


def test_57_a_call_that_no_service_makes():
    with denied(implicit("ID", alice_57, "kms:Encrypt", key_57)):
        encrypt(alice_57, key_57)


alice_58 = user_of("alice")
FOR_AWS = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
key_58 = W.key(to(alice_58, allow("kms:CreateGrant", condition=FOR_AWS)), to(bob, allow("kms:*")))


def test_58_a_grant_that_no_service_asks_for():
    with denied(implicit("RB", alice_58, "kms:CreateGrant", key_58)):
        grant(alice_58, key_58, bob, "Decrypt")


alice_59 = under("kms:CreateKey", {"StringLike": {"kms:KeySpec": "RSA_*"}})


def test_59_the_spec_of_a_key_to_be():
    with denied(implicit("ID", alice_59, "kms:CreateKey", "*")):
        alice_59.create_key()
    alice_59.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")


alice_60 = user_of("alice", allow("kms:CreateKey"))
tagging_60 = user_of(
    "alice", allow("kms:CreateKey"), allow("kms:TagResource", f"arn:aws:kms:{REGION}:{A}:key/*")
)


def test_60_tags_of_a_new_key_are_permitted_apart():
    tags = [{"TagKey": "a", "TagValue": "b"}]
    keys = f"arn:aws:kms:{REGION}:{A}:key/*"
    with denied(implicit("ID", alice_60, "kms:TagResource", keys)):
        alice_60.create_key(Tags=tags)
    alice_60.create_key()
    tagging_60.create_key(Tags=tags)


# --- Aliases ------------------------------------------------------------------------------------

key_61 = W.key()
OWN = f"arn:aws:kms:{REGION}:{A}:alias/${{aws:username}}-*"
alice_61 = user_of("alice", allow("kms:CreateAlias", [OWN, key_61.arn]))
alice_62 = user_of("alice", allow("kms:CreateAlias", [OWN, key_61.arn]), version=None)


def test_61_a_variable_in_the_name_of_an_alias():
    alice_61.create_alias(AliasName=f"alias/{alice_61.name}-1", TargetKeyId=key_61.id)
    with denied(implicit("ID", alice_61, "kms:CreateAlias", alias_arn("alias/bob-1"))):
        alice_61.create_alias(AliasName="alias/bob-1", TargetKeyId=key_61.id)


def test_62_variables_are_of_the_later_version():
    name = f"alias/{alice_62.name}-1"
    with denied(implicit("ID", alice_62, "kms:CreateAlias", alias_arn(name))):
        alice_62.create_alias(AliasName=name, TargetKeyId=key_61.id)


alice_63 = user_of("alice", allow("kms:CreateAlias", alias_arn("alias/x-63")))


def test_63_an_alias_needs_its_key_too():
    with denied(implicit("ID", alice_63, "kms:CreateAlias", key_61)):
        alice_63.create_alias(AliasName="alias/x-63", TargetKeyId=key_61.id)


alice_64 = user_of("alice")
key_64 = W.key(to(alice_64, allow("kms:CreateAlias")), to(bob, allow("kms:*")))


def test_64_and_the_key_needs_its_alias():
    with denied(implicit("ID", alice_64, "kms:CreateAlias", alias_arn("alias/x-64"))):
        alice_64.create_alias(AliasName="alias/x-64", TargetKeyId=key_64.id)


old, new = W.key(aliases=["alias/x-65"]), W.key()
ALIAS_65 = alias_arn("alias/x-65")
alice_65 = user_of("alice", allow("kms:UpdateAlias", [ALIAS_65, new.arn]))
alice_66 = user_of("alice", allow("kms:UpdateAlias", [ALIAS_65, old.arn]))
alice_67 = user_of("alice", allow("kms:UpdateAlias", [ALIAS_65, old.arn, new.arn]))


def test_65_66_67_an_alias_moves_with_three_permissions():
    move = {"AliasName": "alias/x-65", "TargetKeyId": new.id}
    with denied(implicit("ID", nobody, "kms:UpdateAlias", ALIAS_65)):
        nobody.update_alias(**move)
    with denied(implicit("ID", alice_65, "kms:UpdateAlias", old)):
        alice_65.update_alias(**move)
    with denied(implicit("ID", alice_66, "kms:UpdateAlias", new)):
        alice_66.update_alias(**move)
    alice_67.update_alias(**move)


first_68, second_68 = W.key(aliases=["alias/fin-68"]), W.key()
BY_ALIAS = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/fin-68"}}
alice_68 = user_of("alice", allow("kms:Encrypt", f"arn:aws:kms:{REGION}:{A}:key/*", BY_ALIAS))


def test_68_whoever_moves_an_alias_moves_access():
    encrypt(alice_68, first_68)
    ROOT.update_alias(AliasName="alias/fin-68", TargetKeyId=second_68.id)
    with denied(implicit("ID", alice_68, "kms:Encrypt", first_68)):
        encrypt(alice_68, first_68)
    encrypt(alice_68, second_68)


alice_69 = user_of("alice")
BY_NAME = {"StringEquals": {"kms:RequestAlias": "alias/app-69"}}
key_69 = W.key(
    to(alice_69, allow("kms:Encrypt", condition=BY_NAME)), to(bob, allow("kms:*")),
    aliases=["alias/app-69"],
)  # fmt: skip


def test_69_a_key_that_is_used_by_its_alias():
    encrypt(alice_69, "alias/app-69")
    encrypt(alice_69, alias_arn("alias/app-69"))
    with denied(implicit("RB", alice_69, "kms:Encrypt", key_69)):
        encrypt(alice_69, key_69)


# --- Tags ---------------------------------------------------------------------------------------

key_70 = W.key(tags={"Purpose": "Test"})
TAGGED = {"StringEquals": {"aws:ResourceTag/Purpose": "Test"}}
alice_70 = user_of("alice", allow(["kms:Encrypt", "kms:Decrypt"], condition=TAGGED))


def test_70_whoever_untags_a_key_takes_access_away():
    blob = encrypt(alice_70, key_70)["CiphertextBlob"]
    alice_70.decrypt(CiphertextBlob=blob, KeyId=key_70.id)
    ROOT.untag_resource(KeyId=key_70.id, TagKeys=["Purpose"])
    with denied(implicit("ID", alice_70, "kms:Decrypt", key_70)):
        alice_70.decrypt(CiphertextBlob=blob, KeyId=key_70.id)


alice_71 = user_of("alice")
key_71 = W.key(
    to(alice_71, allow("kms:Encrypt", condition=TAGGED)), to(bob, allow("kms:*")),
    tags={"Purpose": "Test"},
)  # fmt: skip


def test_71_tags_of_the_key_are_no_matter_of_key_policies():
    with denied(implicit("RB", alice_71, "kms:Encrypt", key_71)):
        encrypt(alice_71, key_71)


DEV = {"StringEquals": {"aws:RequestTag/Env": "dev"}, "ForAllValues:StringEquals": {"aws:TagKeys": ["Env"]}}
alice_72 = under("kms:TagResource", DEV)


def test_72_which_tags_may_be_put():
    def put(caller, tags):
        tags = [{"TagKey": key, "TagValue": value} for key, value in tags.items()]
        caller.tag_resource(KeyId=key_14.id, Tags=tags)

    bad = [{"Env": "prod"}, {"Env": "dev", "X": "1"}]
    each(alice_72, put, [{"Env": "dev"}], bad, "kms:TagResource")


# --- Grants -------------------------------------------------------------------------------------


def grant(caller, key, grantee, *operations, **more):
    return caller.create_grant(
        KeyId=key.arn, GranteePrincipal=grantee.arn, Operations=list(operations), **more
    )


def decrypt(caller, key, context=None):
    more = {"EncryptionContext": context} if context else {}
    blob = encrypt(ROOT, key, **more)["CiphertextBlob"]
    return caller.decrypt(CiphertextBlob=blob, KeyId=key.arn, **more)


bob_74 = user_of("bob")


def test_74_a_grant_allows_what_it_lists():
    grant(ROOT, key_14, bob_74, "Decrypt")
    decrypt(bob_74, key_14)
    with denied(implicit("ID", bob_74, "kms:Encrypt", key_14)):
        encrypt(bob_74, key_14)


bob_75, bob_76 = user_of("bob"), user_of("bob")


def test_75_77_a_grant_for_contexts_with_some_pairs():
    subset = {"EncryptionContextSubset": {"Dept": "IT"}}
    grant(ROOT, key_14, bob_75, "Decrypt", "DescribeKey", Constraints=subset)
    of = lambda caller, context: decrypt(caller, key_14, context)  # noqa: E731
    each(bob_75, of, [{"Dept": "IT", "P": "x"}], [{"P": "x"}, None], "kms:Decrypt")
    bob_75.describe_key(KeyId=key_14.id)


def test_76_a_grant_for_one_context():
    equals = {"EncryptionContextEquals": {"Dept": "IT"}}
    grant(ROOT, key_14, bob_76, "Decrypt", Constraints=equals)
    of = lambda caller, context: decrypt(caller, key_14, context)  # noqa: E731
    each(bob_76, of, [{"Dept": "IT"}], [{"Dept": "IT", "P": "x"}], "kms:Decrypt")


bob_78 = user_of("bob")
key_78 = W.key(to(bob_78, deny("kms:Decrypt")), default=True)


def test_78_a_grant_never_overrides_a_denial():
    grant(ROOT, key_78, bob_78, "Decrypt")
    with denied(explicit("RB", bob_78, "kms:Decrypt", key_78)):
        decrypt(bob_78, key_78)


bob_79, bob_80 = user_of("bob"), user_of("bob")


def test_79_a_grant_passes_on_what_it_has():
    grant(ROOT, key_14, bob_79, "Decrypt", "CreateGrant")
    grant(bob_79, key_14, nobody, "Decrypt")
    with denied(implicit("ID", bob_79, "kms:CreateGrant", key_14)):
        grant(bob_79, key_14, nobody, "Encrypt")


def test_80_and_loses_no_constraint_on_the_way():
    subset, equals = "EncryptionContextSubset", "EncryptionContextEquals"
    grant(ROOT, key_14, bob_80, "Decrypt", "CreateGrant", Constraints={subset: {"D": "1"}})
    for strict in ({subset: {"D": "1", "E": "2"}}, {equals: {"D": "1"}}):
        grant(bob_80, key_14, nobody, "Decrypt", Constraints=strict)
    for loose in ({}, {"Constraints": {subset: {"E": "2"}}}):
        with denied(implicit("ID", bob_80, "kms:CreateGrant", key_14)):
            grant(bob_80, key_14, nobody, "Decrypt", **loose)


bob_81, alice_81 = user_of("bob"), user_of("alice")
alice_82 = user_of("alice", deny("kms:RetireGrant"))


def test_81_83_a_grant_is_retired_by_whom_it_names():
    made = grant(ROOT, key_14, bob_81, "Decrypt", RetiringPrincipal=alice_81.arn)
    with denied(implicit("ID", bob_81, "kms:RetireGrant", key_14)):
        bob_81.retire_grant(GrantToken=made["GrantToken"])
    with denied(implicit("ID", alice_81, "kms:RevokeGrant", key_14)):
        alice_81.revoke_grant(KeyId=key_14.arn, GrantId=made["GrantId"])
    alice_81.retire_grant(GrantToken=made["GrantToken"])


def test_82_unless_a_policy_of_theirs_denies_it():
    made = grant(ROOT, key_14, bob_81, "Decrypt", RetiringPrincipal=alice_82.arn)
    with denied(explicit("ID", alice_82, "kms:RetireGrant", key_14)):
        alice_82.retire_grant(GrantToken=made["GrantToken"])


alice_84 = user_of("alice", allow("kms:RetireGrant"))
carol_84 = user_of("carol", allow("kms:RetireGrant"), account=B)


def test_84_the_account_of_the_key_retires_as_its_policies_say():
    made = grant(ROOT, key_14, bob_81, "Decrypt")
    which = {"KeyId": key_14.arn, "GrantId": made["GrantId"]}
    with denied(hidden(carol_84, "kms:RetireGrant")):
        carol_84.retire_grant(**which)
    alice_84.retire_grant(**which)


key_85 = W.key()


def test_85_the_same_grant_twice_is_one():
    made = [grant(ROOT, key_85, bob, "Decrypt", Name="once") for _ in range(2)]
    assert made[0]["GrantId"] == made[1]["GrantId"]
    assert made[0]["GrantToken"] != made[1]["GrantToken"]
    assert len(ROOT.list_grants(KeyId=key_85.id)["Grants"]) == 1


def test_86_operations_that_make_no_sense_for_the_key():
    with refused("ValidationException"):
        grant(ROOT, key_14, bob, "Sign")


role_87 = W.role()


def test_87_a_grant_to_a_role_is_its_sessions():
    grant(ROOT, key_14, role_87, "Encrypt")
    encrypt(role_87.session("s7"), key_14)


bob_88 = user_of("bob")


def test_88_listing_does_not_come_from_grants():
    grant(ROOT, key_14, bob_88, "Encrypt")
    with denied(implicit("ID", bob_88, "kms:ListGrants", key_14)):
        bob_88.list_grants(KeyId=key_14.id)


# --- ReEncrypt, key policies, dry runs ----------------------------------------------------------

key_89, key_90 = W.key(), W.key()
alice_89 = user_of("alice", allow("kms:ReEncryptFrom", key_89.arn))
SAME = {"Bool": {"kms:ReEncryptOnSameKey": "true"}}
alice_90 = under("kms:ReEncrypt*", SAME)


def test_89_re_encrypt_asks_for_both_keys():
    blob = encrypt(ROOT, key_89)["CiphertextBlob"]
    with denied(implicit("ID", alice_89, "kms:ReEncryptTo", key_90)):
        alice_89.re_encrypt(CiphertextBlob=blob, DestinationKeyId=key_90.id)


def test_90_whether_both_are_one():
    blob = encrypt(ROOT, key_89)["CiphertextBlob"]
    source = {"CiphertextBlob": blob, "SourceKeyId": key_89.id}
    alice_90.re_encrypt(DestinationKeyId=key_89.id, **source)
    with denied(implicit("ID", alice_90, "kms:ReEncryptFrom", key_89)):
        alice_90.re_encrypt(DestinationKeyId=key_90.id, **source)


alice_91 = user_of("alice", allow(["kms:PutKeyPolicy", "kms:GetKeyPolicy"]))
bob_91 = user_of("bob")
key_91 = W.key()
LOCKED_OUT = "The new key policy will not allow you to update the key policy in the future."


def test_91_92_a_policy_that_locks_its_author_out():
    text = json.dumps(document(to(bob_91, allow("kms:*"))))
    before = alice_91.get_key_policy(KeyId=key_91.id)["Policy"]
    with refused("MalformedPolicyDocumentException", LOCKED_OUT):
        alice_91.put_key_policy(KeyId=key_91.id, Policy=text)
    assert alice_91.get_key_policy(KeyId=key_91.id)["Policy"] == before
    alice_91.put_key_policy(KeyId=key_91.id, Policy=text, BypassPolicyLockoutSafetyCheck=True)
    with denied(implicit("RB", alice_91, "kms:GetKeyPolicy", key_91)):
        alice_91.get_key_policy(KeyId=key_91.id)


def test_91_delegation_needs_an_identity_policy():
    # bob is the key's only master; giving it to the account leaves bob out.
    policy = document(to(root_arn(), allow("kms:*")))
    with refused("MalformedPolicyDocumentException", LOCKED_OUT):
        bob_91.put_key_policy(KeyId=key_91.id, Policy=json.dumps(policy))


BYPASS = {"Bool": {"kms:BypassPolicyLockoutSafetyCheck": "true"}}
alice_93 = user_of("alice", ALL, deny("kms:PutKeyPolicy", condition=BYPASS))
key_93 = W.key()


def test_93_the_check_cannot_be_skipped_by_everybody():
    text = alice_93.get_key_policy(KeyId=key_93.id)["Policy"]
    with denied(explicit("ID", alice_93, "kms:PutKeyPolicy", key_93)):
        alice_93.put_key_policy(KeyId=key_93.id, Policy=text, BypassPolicyLockoutSafetyCheck=True)
    alice_93.put_key_policy(KeyId=key_93.id, Policy=text)


def test_94_a_principal_that_does_not_exist():
    policy = document(
        to(root_arn(), allow("kms:*")), to(f"arn:aws:iam::{A}:user/ghost", allow("kms:Encrypt"))
    )
    text = "Policy contains a statement with one or more invalid principals."
    with refused("MalformedPolicyDocumentException", text):
        ROOT.create_key(Policy=json.dumps(policy))


def test_95_a_policy_that_is_too_long():
    text = ROOT.get_key_policy(KeyId=key_93.id)["Policy"]
    with refused("LimitExceededException"):
        ROOT.put_key_policy(KeyId=key_93.id, Policy=text.ljust(32769))


def test_96_a_condition_that_permits_too_much():
    condition = {"ForAllValues:StringEquals": {"kms:EncryptionContext:A": "b"}}
    policy = document(
        to(root_arn(), allow("kms:*")), to(bob, allow("kms:Encrypt", condition=condition))
    )
    with refused("MalformedPolicyDocumentException") as caught:
        ROOT.put_key_policy(KeyId=key_93.id, Policy=json.dumps(policy))
    message = caught.value.response["Error"]["Message"]
    assert message.startswith("OverlyPermissiveCondition: "), message
    assert message.endswith("To fix, remove ForAllValues."), message


def test_97_a_dry_run_is_judged_as_the_call_would_be():
    with refused("DryRunOperationException"):
        encrypt(alice_15, key_14, DryRun=True)
    with denied(implicit("ID", nobody, "kms:Encrypt", key_14)):
        encrypt(nobody, key_14, DryRun=True)


def test_98_aliases_are_refused_before_permission():
    text = "Key Aliases are not supported for this operation."
    with refused("InvalidArnException", text):
        nobody.enable_key_rotation(KeyId="alias/app-25")


# --- Beyond the scenarios -----------------------------------------------------------------------

account_grantee = user_of("alice")
also_allowed = user_of("alice", allow("kms:Decrypt"))
key_account = W.key(to(bob, allow("kms:*")))


def test_a_grant_to_an_account_leaves_the_rest_to_its_policies():
    bob.create_grant(KeyId=key_account.arn, GranteePrincipal=root_arn(), Operations=["Encrypt"])
    with denied(implicit("RB", account_grantee, "kms:Encrypt", key_account)):
        encrypt(account_grantee, key_account)
    encrypt(almighty, key_account)
    encrypt(ROOT, key_account)


foreigner = user_of("foreigner", account=B)


def test_a_grant_to_a_foreigner_needs_no_policy_of_theirs():
    grant(ROOT, key_14, foreigner, "Encrypt")
    encrypt(foreigner, key_14)
    with denied(implicit("ID", foreigner, "kms:Decrypt", key_14)):
        foreigner.decrypt(
            CiphertextBlob=encrypt(ROOT, key_14)["CiphertextBlob"], KeyId=key_14.arn
        )


bob_revoked = user_of("bob")


def test_the_token_of_a_revoked_grant_gives_nothing():
    made = grant(ROOT, key_14, bob_revoked, "Encrypt")
    encrypt(bob_revoked, key_14, GrantTokens=[made["GrantToken"]])
    ROOT.revoke_grant(KeyId=key_14.id, GrantId=made["GrantId"])
    with denied(implicit("ID", bob_revoked, "kms:Encrypt", key_14)):
        encrypt(bob_revoked, key_14, GrantTokens=[made["GrantToken"]])


def test_a_token_is_not_a_bearer_credential():
    made = grant(ROOT, key_14, bob_74, "Encrypt")
    with denied(implicit("ID", nobody, "kms:Encrypt", key_14)):
        encrypt(nobody, key_14, GrantTokens=[made["GrantToken"]])
    ROOT.revoke_grant(KeyId=key_14.id, GrantId=made["GrantId"])


uses_aws_key = user_of("alice")


def test_the_key_of_an_aws_service_is_everybodys_in_the_account_and_nobodys_to_change():
    arn = encrypt(uses_aws_key, "alias/aws/s3")["KeyId"]
    with denied(implicit("ID", uses_aws_key, "kms:GetKeyPolicy", arn)):
        uses_aws_key.get_key_policy(KeyId=arn)
    ROOT.get_key_policy(KeyId=arn)
    with denied(implicit("RB", ROOT, "kms:DisableKey", arn)):
        ROOT.disable_key(KeyId=arn)
    with denied(hidden(carol_33, "kms:Encrypt")):
        encrypt(carol_33, arn)


idle_condition = {"NumericGreaterThanEquals": {"kms:TrailingDaysWithoutKeyUsage": "30"}}
caretaker = under("kms:DisableKey", idle_condition)
key_idle = W.key()


def test_a_key_in_use_is_not_disabled(server):
    with denied(implicit("ID", caretaker, "kms:DisableKey", key_idle)):
        caretaker.disable_key(KeyId=key_idle.id)


importer = user_of(
    "importer",
    allow(
        "kms:GetParametersForImport",
        condition={"StringEquals": {"kms:WrappingAlgorithm": "RSAES_OAEP_SHA_256"}},
    ),
)
key_external = W.key(origin="EXTERNAL")


def test_how_key_material_is_wrapped_for_its_import():
    asked = {"KeyId": key_external.id, "WrappingKeySpec": "RSA_2048"}
    importer.get_parameters_for_import(WrappingAlgorithm="RSAES_OAEP_SHA_256", **asked)
    with denied(implicit("ID", importer, "kms:GetParametersForImport", key_external)):
        importer.get_parameters_for_import(WrappingAlgorithm="RSAES_OAEP_SHA_1", **asked)


granter = user_of(
    "granter",
    allow(
        "kms:CreateGrant",
        condition={
            "ForAllValues:StringEquals": {"kms:GrantOperations": ["Encrypt", "Decrypt"]},
            "StringEquals": {"kms:GrantConstraintType": "EncryptionContextSubset"},
            "Null": {"kms:RetiringPrincipal": "true"},
        },
    ),
)


def test_which_grants_may_be_made():
    subset = {"EncryptionContextSubset": {"a": "b"}}
    grant(granter, key_14, nobody, "Encrypt", Constraints=subset)
    for wrong in (
        {"Constraints": {"EncryptionContextEquals": {"a": "b"}}},
        {},
        {"Constraints": subset, "RetiringPrincipal": bob.arn},
    ):
        with denied(implicit("ID", granter, "kms:CreateGrant", key_14)):
            grant(granter, key_14, nobody, "Encrypt", **wrong)
    with denied(implicit("ID", granter, "kms:CreateGrant", key_14)):
        grant(granter, key_14, nobody, "GenerateDataKey", Constraints=subset)


def test_account_ids_in_key_policies_are_told_as_arns():
    policy = document(to(A, allow("kms:*")))
    key = ROOT.create_key(Policy=json.dumps(policy))["KeyMetadata"]["KeyId"]
    told = json.loads(ROOT.get_key_policy(KeyId=key)["Policy"])
    assert told == document(to(root_arn(), allow("kms:*")))


period = under(
    "kms:EnableKeyRotation", {"NumericLessThanEquals": {"kms:RotationPeriodInDays": "365"}}
)
key_period = W.key()


def test_how_often_a_key_rotates():
    period.enable_key_rotation(KeyId=key_period.id)
    with denied(implicit("ID", period, "kms:EnableKeyRotation", key_period)):
        period.enable_key_rotation(KeyId=key_period.id, RotationPeriodInDays=366)


recent = under("kms:Encrypt", {"StringLike": {"aws:UserAgent": "*Botocore*", "aws:RequestedRegion": REGION}})


def test_who_calls_from_what():
    encrypt(recent, key_14)


served = World()
reader_served = served.user("reader", allow("kms:Encrypt"))
outsider_served = served.user("outsider")


def test_serve_decides_as_dev_does(tmp_path):
    seal = f"key-file={tmp_path / 'seal.key'}"
    made = init(tmp_path / "data", seal, "--region", REGION)
    users = {user.name: user.declared for user in (reader_served, outsider_served)}
    identities = tmp_path / "identities.yaml"
    identities.write_text(json.dumps({"accounts": {A: {"users": users}}}))
    with Server.serve(tmp_path / "data", seal) as running:
        served.server = running
        strongroom("identity", "apply", identities, "--data-dir", running.data_dir)
        credentials = made["access_key_id"], made["secret_access_key"]
        root = boto_client("kms", running.endpoint, credentials[0], REGION, credentials[1])
        key = root.create_key()["KeyMetadata"]["Arn"]
        encrypt(root, key)
        encrypt(reader_served, key)
        with denied(implicit("ID", outsider_served, "kms:Encrypt", key)):
            encrypt(outsider_served, key)
        policy = document(to(reader_served, allow("kms:*")))
        root.put_key_policy(
            KeyId=key, Policy=json.dumps(policy), BypassPolicyLockoutSafetyCheck=True
        )
        encrypt(reader_served, key)
        with denied(implicit("RB", ROOT, "kms:Encrypt", key)):
            encrypt(root, key)


def test_a_user_who_is_made_again_is_somebody_else(tmp_path):
    seal = f"key-file={tmp_path / 'seal.key'}"
    made = init(tmp_path / "data", seal, "--region", REGION)
    world = World()
    bob = world.user("bob")
    identities = tmp_path / "identities.yaml"
    identities.write_text(json.dumps({"accounts": {A: {"users": {bob.name: bob.declared}}}}))
    with Server.serve(tmp_path / "data", seal) as running:
        world.server = running
        data = ("--data-dir", running.data_dir)
        strongroom("identity", "apply", identities, *data)
        credentials = made["access_key_id"], made["secret_access_key"]
        root = boto_client("kms", running.endpoint, credentials[0], REGION, credentials[1])
        policy = document(to(root_arn(), allow("kms:*")), to(bob, allow("kms:Encrypt")))
        key = root.create_key(Policy=json.dumps(policy))["KeyMetadata"]["Arn"]
        grantee = {"KeyId": key, "GranteePrincipal": bob.arn, "Operations": ["DescribeKey"]}
        root.create_grant(**grantee)
        encrypt(bob, key)
        bob.describe_key(KeyId=key)
        assert json.loads(root.get_key_policy(KeyId=key)["Policy"]) == policy

        access_key, _, _ = bob.credentials()
        where = ("--account", A, *data)
        strongroom("identity", "delete-access-key", "--access-key-id", access_key, *where)
        strongroom("identity", "delete-user", "--user-name", bob.name, *where)
        told = json.loads(root.get_key_policy(KeyId=key)["Policy"])
        gone = told["Statement"][1]["Principal"]["AWS"]
        assert gone.startswith("AIDA"), told
        assert root.list_grants(KeyId=key)["Grants"][0]["GranteePrincipal"] == gone

        strongroom("identity", "apply", identities, *data)
        with denied(implicit("ID", bob, "kms:Encrypt", key)):
            encrypt(bob, key)
        with denied(implicit("ID", bob, "kms:DescribeKey", key)):
            bob.describe_key(KeyId=key)
