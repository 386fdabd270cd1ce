"""What the journal records of each operation: CloudTrail's entry, field for field.

The table is written from custody §6.2 to §6.5 and knows nothing of the code: each case makes one
call and says what its entry has to say, no member more and none less.
"""

import datetime
import json
import os
import re
from dataclasses import dataclass, field

import pytest
from enclave import MODULE, Enclave, Platform
from imports import FOR_EVER, import_material, prepared
from key_stores import (
    ACCESS_KEY,
    CLUSTER,
    CREDENTIAL,
    ENDPOINT,
    PATH,
    PIN,
    UNKNOWN_STORE,
    connect,
    external,
    external_key,
    external_store,
)
from key_stores import fresh_name as fresh_store_name
from support import (
    DRY_RUN,
    MODEL,
    USAGES,
    Server,
    account_of,
    boto_client,
    fresh_name,
    journal,
    refused,
)
from test_cloudhsm_key_store import create as cluster_store
from test_cloudhsm_key_store import hsm_key, release
from test_every_operation import method

SYMMETRIC = "SYMMETRIC_DEFAULT"
CONTEXT = {"tenant": "4711", "\u00fc\U0001f600": '"quoted"', "\ufb33": "\n"}
# §6.4, column R/W: what changes something. Everything else is read-only.
CHANGES = {
    "CancelKeyDeletion", "ConnectCustomKeyStore", "CreateAlias", "CreateCustomKeyStore",
    "CreateGrant", "CreateKey", "DeleteAlias", "DeleteCustomKeyStore",
    "DeleteImportedKeyMaterial", "DisableKey", "DisableKeyRotation", "DisconnectCustomKeyStore",
    "EnableKey", "EnableKeyRotation", "ImportKeyMaterial", "PutKeyPolicy", "ReplicateKey",
    "RetireGrant", "RevokeGrant", "RotateKeyOnDemand", "ScheduleKeyDeletion", "TagResource",
    "UntagResource", "UpdateAlias", "UpdateCustomKeyStore", "UpdateKeyDescription",
    "UpdatePrimaryRegion",
}  # fmt: skip
# Members of every entry of a call; the journal's own and Strongroom's own come on top.
ALWAYS = {
    "awsRegion", "eventCategory", "eventID", "eventName", "eventSource", "eventTime", "eventType",
    "eventVersion", "managementEvent", "readOnly", "recipientAccountId", "requestID",
    "requestParameters", "responseElements", "sourceIPAddress", "userAgent", "userIdentity",
}  # fmt: skip
OURS = {"grounds", "outbox", "prev_hash", "rows", "seq"}
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


@dataclass
class Told:
    """What the entry of a call has to say."""

    answer: dict
    request: dict | None
    resources: list = field(default_factory=list)
    response: dict | None = None
    additional: dict | None = None


def entries(server):
    return [json.loads(line) for line in journal(server.data_dir)]


def entries_of(server, answer):
    """The entries of one call, by what boto3 answered or refused it with."""
    identifier = answer["ResponseMetadata"]["RequestId"]
    return [entry for entry in entries(server) if entry.get("requestID") == identifier]


def date(moment):
    """`May 21, 2025, 5:47:45 AM`."""
    moment = moment.astimezone(datetime.UTC)
    return f"{moment:%b} {moment.day}, {moment.year}, {moment.hour % 12 or 12}:{moment:%M:%S %p}"


def as_recorded(value):
    """A response as CloudTrail has it: small first letters, and dates as texts."""
    if isinstance(value, dict):
        return {name[0].lower() + name[1:]: as_recorded(item) for name, item in value.items()}
    if isinstance(value, list):
        return [as_recorded(item) for item in value]
    return date(value) if isinstance(value, datetime.datetime) else value


def check(kms, operation, told, error=None):
    [entry] = entries_of(kms.server, told.answer)
    return check_entry(kms, operation, entry, told, error)


def check_entry(kms, operation, entry, told, error=None):
    expected = ALWAYS | ({"resources"} if told.resources else set())
    if told.additional is not None:
        expected |= {"additionalEventData"}
    if error is not None:
        expected |= {"errorCode", "errorMessage"} if error[1] else {"errorCode"}
    assert set(entry) - OURS == expected
    assert entry["awsRegion"] == kms.region
    assert entry["eventCategory"] == "Management"
    assert UUID.fullmatch(entry["eventID"]) and entry["eventID"] != entry["requestID"]
    assert entry["eventName"] == operation
    assert entry["eventSource"] == "kms.amazonaws.com"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", entry["eventTime"])
    assert entry["eventType"] == "AwsApiCall"
    assert entry["eventVersion"] == "1.11"
    assert entry["managementEvent"] is True
    assert entry["readOnly"] is (operation not in CHANGES)
    assert entry["recipientAccountId"] == kms.account
    assert UUID.fullmatch(entry["requestID"])
    assert entry["sourceIPAddress"] == "127.0.0.1"
    assert entry["userAgent"].startswith("Boto3/")
    assert entry["userIdentity"] == {
        "type": "Root", "principalId": kms.account, "arn": kms.root, "accountId": kms.account,
        "accessKeyId": kms.account,
    }  # fmt: skip
    assert entry["requestParameters"] == told.request
    assert entry["responseElements"] == told.response
    assert entry.get("additionalEventData") == told.additional
    resources = [
        {"ARN": arn, "accountId": kms.account, "type": "AWS::KMS::Key"} for arn in told.resources
    ]
    assert entry.get("resources", []) == resources
    if error is not None:
        assert entry["errorCode"] == error[0]
        if error[1]:
            assert error[1] in entry["errorMessage"]
    return entry


# --- One case for each operation ------------------------------------------------------------------

CASES = {}


def case(function):
    CASES[function.__name__] = function
    return function


def on_a_key(operation, change=False, key=None, **parameters):
    """A case whose parameters are recorded as they are sent, and whose answer at most as the key."""

    def run(kms):
        made = key(kms) if key else kms.key()
        answer = getattr(kms, method(operation))(KeyId=made.id, **parameters)
        request = {"keyId": made.id} | as_recorded(parameters)
        return Told(answer, request, [made.arn], {"keyId": made.arn} if change else None)

    CASES[operation] = run


def pending_deletion(kms):
    return kms.key("PendingDeletion")


def disabled(kms):
    return kms.key("Disabled")


def tagged(kms):
    return kms.key(Tags=[{"TagKey": "a", "TagValue": "1"}])


def waiting_for_import(kms):
    return kms.key("PendingImport")


def that_signs(kms):
    return kms.key(**USAGES["SIGN_VERIFY"])


def policy_of(kms):
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": kms.root}, "Action": "kms:*", "Resource": "*"}
        ]}
    )  # fmt: skip


on_a_key("CancelKeyDeletion", change=True, key=pending_deletion)
on_a_key("DescribeKey")
on_a_key("DisableKey", change=True)
on_a_key("DisableKeyRotation", change=True)
on_a_key("EnableKey", change=True, key=disabled)
on_a_key("EnableKeyRotation", change=True, RotationPeriodInDays=90)
on_a_key("GetKeyLastUsage")
on_a_key("GetKeyPolicy", PolicyName="default")
on_a_key("GetKeyRotationStatus")
on_a_key(
    "GetParametersForImport", key=waiting_for_import,
    WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048",
)  # fmt: skip
on_a_key("GetPublicKey", key=that_signs)
on_a_key("ListKeyPolicies", Limit=5)
on_a_key("ListKeyRotations", Limit=5, IncludeKeyMaterial="ALL_KEY_MATERIAL")
on_a_key("ListResourceTags", Limit=5)
on_a_key("RotateKeyOnDemand", change=True)
on_a_key("TagResource", change=True, Tags=[{"TagKey": "k", "TagValue": "v"}])
on_a_key("UntagResource", change=True, key=tagged, TagKeys=["a"])
on_a_key("UpdateKeyDescription", change=True, Description="described")


def material_of(kms, key):
    return kms.describe_key(KeyId=key.id)["KeyMetadata"]["CurrentKeyMaterialId"]


@case
def ConnectCustomKeyStore(kms):
    given = external()
    store = kms.create_custom_key_store(**given)["CustomKeyStoreId"]
    answer = kms.connect_custom_key_store(CustomKeyStoreId=store)
    return Told(answer, {"customKeyStoreId": store}, additional=place(given))


def place(given):
    """What is said of an external key store."""
    return {
        "customKeyStoreName": given["CustomKeyStoreName"],
        "xksProxyConnectivity": "PUBLIC_ENDPOINT",
        "xksProxyUriEndpoint": ENDPOINT,
        "xksProxyUriPath": PATH,
    }


@case
def CreateAlias(kms):
    key, name = kms.key(), fresh_name()
    answer = kms.create_alias(AliasName=name, TargetKeyId=key.id)
    request = {"aliasName": name, "targetKeyId": key.id}
    return Told(answer, request, [kms.alias_arn(name), key.arn], {"keyId": key.arn})


@case
def CreateCustomKeyStore(kms):
    given = external()
    answer = kms.create_custom_key_store(**given)
    request = as_recorded(given)
    request["xksProxyAuthenticationCredential"] = {"accessKeyId": ACCESS_KEY}
    return Told(answer, request, response={"customKeyStoreId": answer["CustomKeyStoreId"]})


@case
def CreateGrant(kms):
    key = kms.key()
    given = {
        "GranteePrincipal": kms.root, "RetiringPrincipal": kms.root,
        "Operations": ["Encrypt", "RetireGrant"], "Name": "a-grant",
        "Constraints": {"EncryptionContextSubset": {"a": "1"}},
    }  # fmt: skip
    answer = kms.create_grant(KeyId=key.id, **given)
    request = as_recorded(given) | {"keyId": key.id}
    request["constraints"] = {"encryptionContextSubset": {"a": "1"}}
    return Told(answer, request, [key.arn], {"grantId": answer["GrantId"], "keyId": key.arn})


@case
def CreateKey(kms):
    given = {
        "KeySpec": SYMMETRIC, "KeyUsage": "ENCRYPT_DECRYPT", "Origin": "AWS_KMS",
        "Description": "new", "Policy": policy_of(kms), "MultiRegion": True,
        "BypassPolicyLockoutSafetyCheck": True, "Tags": [{"TagKey": "k", "TagValue": "v"}],
    }  # fmt: skip
    answer = kms.create_key(**given)
    metadata = answer["KeyMetadata"]
    return Told(answer, as_recorded(given), [metadata["Arn"]], {"keyMetadata": as_recorded(metadata)})


def encapsulating(kms):
    return kms.key(**USAGES["ENCAPSULATE_DECAPSULATE"])


@case
def Encapsulate(kms):
    key = encapsulating(kms)
    answer = kms.encapsulate(KeyId=key.id, EncapsulationAlgorithm="ML_KEM")
    return Told(answer, {"keyId": key.id, "encapsulationAlgorithm": "ML_KEM"}, [key.arn])


@case
def Decapsulate(kms):
    key = encapsulating(kms)
    blob = kms.encapsulate(KeyId=key.id, EncapsulationAlgorithm="ML_KEM")
    answer = kms.decapsulate(
        KeyId=key.arn, EncapsulationAlgorithm="ML_KEM",
        SharedSecretCiphertextBlob=blob["SharedSecretCiphertextBlob"],
    )  # fmt: skip
    return Told(answer, {"keyId": key.arn, "encapsulationAlgorithm": "ML_KEM"}, [key.arn])


@case
def Encrypt(kms):
    key = kms.key()
    name = kms.alias(key)
    answer = kms.encrypt(KeyId=name, Plaintext=b"p", EncryptionContext=CONTEXT)
    request = {"keyId": name, "encryptionAlgorithm": SYMMETRIC, "encryptionContext": CONTEXT}
    return Told(answer, request, [key.arn], additional={"keyMaterialId": material_of(kms, key)})


@case
def Decrypt(kms):
    key = kms.key()
    blob = kms.encrypt(KeyId=key.id, Plaintext=b"p", EncryptionContext=CONTEXT)["CiphertextBlob"]
    answer = kms.decrypt(CiphertextBlob=blob, EncryptionContext=CONTEXT)
    request = {"keyId": key.arn, "encryptionAlgorithm": SYMMETRIC, "encryptionContext": CONTEXT}
    return Told(answer, request, [key.arn], additional={"keyMaterialId": material_of(kms, key)})


@case
def ReEncrypt(kms):
    source, destination = kms.key(), kms.key()
    blob = kms.encrypt(KeyId=source.id, Plaintext=b"p", EncryptionContext={"a": "1"})
    answer = kms.re_encrypt(
        CiphertextBlob=blob["CiphertextBlob"], SourceEncryptionContext={"a": "1"},
        DestinationKeyId=destination.id, DestinationEncryptionContext={"b": "2"},
    )  # fmt: skip
    request = {
        "sourceKeyId": source.arn, "sourceEncryptionAlgorithm": SYMMETRIC,
        "sourceEncryptionContext": {"a": "1"}, "destinationKeyId": destination.id,
        "destinationEncryptionAlgorithm": SYMMETRIC, "destinationEncryptionContext": {"b": "2"},
    }  # fmt: skip
    additional = {
        "sourceKeyMaterialId": material_of(kms, source),
        "destinationKeyMaterialId": material_of(kms, destination),
    }
    return Told(answer, request, [source.arn, destination.arn], additional=additional)


@case
def DeleteAlias(kms):
    key = kms.key()
    name = kms.alias(key)
    answer = kms.delete_alias(AliasName=name)
    return Told(answer, {"aliasName": name}, [kms.alias_arn(name), key.arn], {"keyId": key.arn})


@case
def DeleteCustomKeyStore(kms):
    given = external()
    store = kms.create_custom_key_store(**given)["CustomKeyStoreId"]
    answer = kms.delete_custom_key_store(CustomKeyStoreId=store)
    return Told(answer, {"customKeyStoreId": store}, additional=place(given))


@case
def DeleteImportedKeyMaterial(kms):
    key = waiting_for_import(kms)
    material = import_material(kms, key.id, os.urandom(32))["KeyMaterialId"]
    answer = kms.delete_imported_key_material(KeyId=key.id, KeyMaterialId=material)
    request = {"keyId": key.id, "keyMaterialId": material}
    return Told(answer, request, [key.arn], {"keyId": key.arn, "keyMaterialId": material})


@case
def DeriveSharedSecret(kms):
    key, peer = (kms.key(**USAGES["KEY_AGREEMENT"]) for _ in range(2))
    public = kms.get_public_key(KeyId=peer.id)["PublicKey"]
    answer = kms.derive_shared_secret(
        KeyId=key.id, KeyAgreementAlgorithm="ECDH", PublicKey=public
    )
    return Told(answer, {"keyId": key.id, "keyAgreementAlgorithm": "ECDH"}, [key.arn])


@case
def DescribeCustomKeyStores(kms):
    given = external()
    kms.create_custom_key_store(**given)
    name = given["CustomKeyStoreName"]
    answer = kms.describe_custom_key_stores(CustomKeyStoreName=name, Limit=3)
    return Told(answer, {"customKeyStoreName": name, "limit": 3})


@case
def DisconnectCustomKeyStore(kms):
    given = external()
    store = kms.create_custom_key_store(**given)["CustomKeyStoreId"]
    connect(kms, store)
    answer = kms.disconnect_custom_key_store(CustomKeyStoreId=store)
    return Told(answer, {"customKeyStoreId": store}, additional=place(given))


def data_key(kms, operation, **given):
    key = kms.key()
    answer = getattr(kms, method(operation))(KeyId=key.id, EncryptionContext=CONTEXT, **given)
    request = {"keyId": key.id, "encryptionContext": CONTEXT} | as_recorded(given)
    return Told(answer, request, [key.arn], additional={"keyMaterialId": material_of(kms, key)})


@case
def GenerateDataKey(kms):
    return data_key(kms, "GenerateDataKey", KeySpec="AES_256")


@case
def GenerateDataKeyWithoutPlaintext(kms):
    return data_key(kms, "GenerateDataKeyWithoutPlaintext", NumberOfBytes=64)


@case
def GenerateDataKeyPair(kms):
    return data_key(kms, "GenerateDataKeyPair", KeyPairSpec="ECC_NIST_P256")


@case
def GenerateDataKeyPairWithoutPlaintext(kms):
    return data_key(kms, "GenerateDataKeyPairWithoutPlaintext", KeyPairSpec="ECC_NIST_P256")


def mac_key(kms):
    return kms.key(**USAGES["GENERATE_VERIFY_MAC"])


@case
def GenerateMac(kms):
    key = mac_key(kms)
    answer = kms.generate_mac(KeyId=key.id, MacAlgorithm="HMAC_SHA_256", Message=b"m")
    return Told(answer, {"keyId": key.id, "macAlgorithm": "HMAC_SHA_256"}, [key.arn])


@case
def VerifyMac(kms):
    key = mac_key(kms)
    given = {"KeyId": key.id, "MacAlgorithm": "HMAC_SHA_256", "Message": b"m"}
    answer = kms.verify_mac(**given, Mac=kms.generate_mac(**given)["Mac"])
    return Told(answer, {"keyId": key.id, "macAlgorithm": "HMAC_SHA_256"}, [key.arn])


@case
def GenerateRandom(kms):
    return Told(kms.generate_random(NumberOfBytes=7), {"numberOfBytes": 7})


@case
def ImportKeyMaterial(kms):
    key = waiting_for_import(kms)
    until = datetime.datetime.now(datetime.UTC).replace(microsecond=0) + datetime.timedelta(90)
    given = {
        "ValidTo": until, "ExpirationModel": "KEY_MATERIAL_EXPIRES",
        "ImportType": "NEW_KEY_MATERIAL", "KeyMaterialDescription": "the first",
    }  # fmt: skip
    answer = kms.import_key_material(**prepared(kms, key.id, os.urandom(32)), **given)
    request = as_recorded(given) | {"keyId": key.id}
    response = {"keyId": key.arn, "keyMaterialId": answer["KeyMaterialId"]}
    return Told(answer, request, [key.arn], response)


@case
def ListAliases(kms):
    return Told(kms.list_aliases(Limit=7), {"limit": 7})


@case
def ListKeys(kms):
    return Told(kms.list_keys(), None)


@case
def ListGrants(kms):
    key = kms.key()
    answer = kms.list_grants(KeyId=key.id, Limit=7, GranteePrincipal=kms.root)
    return Told(answer, {"keyId": key.id, "limit": 7, "granteePrincipal": kms.root}, [key.arn])


@case
def ListRetirableGrants(kms):
    answer = kms.list_retirable_grants(RetiringPrincipal=kms.root, Limit=7)
    return Told(answer, {"retiringPrincipal": kms.root, "limit": 7})


@case
def PutKeyPolicy(kms):
    key = kms.key()
    given = {
        "PolicyName": "default", "Policy": policy_of(kms), "BypassPolicyLockoutSafetyCheck": False
    }  # fmt: skip
    answer = kms.put_key_policy(KeyId=key.id, **given)
    request = as_recorded(given) | {"keyId": key.id}
    return Told(answer, request, [key.arn], {"keyId": key.arn})


@case
def ReplicateKey(kms):
    key = kms.key(MultiRegion=True)
    given = {
        "ReplicaRegion": "eu-west-1", "Policy": policy_of(kms), "Description": "there",
        "BypassPolicyLockoutSafetyCheck": False, "Tags": [{"TagKey": "k", "TagValue": "v"}],
    }  # fmt: skip
    answer = kms.replicate_key(KeyId=key.id, **given)
    there = kms.at("eu-west-1")
    replica = as_recorded(answer["ReplicaKeyMetadata"])
    request = as_recorded(given) | {"keyId": key.id}
    response = {
        "replicaKeyMetadata": replica,
        "replicaPolicy": given["Policy"],
        "replicaTags": as_recorded(given["Tags"]),
    }
    [here, created] = entries_of(kms.server, answer)
    check_entry(kms, "ReplicateKey", here, Told(answer, request, [key.arn], response))
    # A second event in the Region of the replica tells of a new key.
    del request["keyId"], request["replicaRegion"]
    arn = there.key_arn(key.id)
    told = Told(answer, request | {"multiRegion": True}, [arn], {"keyMetadata": replica})
    check_entry(there, "CreateKey", created, told)
    assert created["eventID"] != here["eventID"]
    return None


@case
def UpdatePrimaryRegion(kms):
    key = kms.key(MultiRegion=True)
    kms.replicate_key(KeyId=key.id, ReplicaRegion="eu-west-1")
    answer = kms.update_primary_region(KeyId=key.id, PrimaryRegion="eu-west-1")
    [here, there] = entries_of(kms.server, answer)
    request = {"keyId": key.id, "primaryRegion": "eu-west-1"}
    for entry, account in ((here, kms), (there, kms.at("eu-west-1"))):
        told = Told(answer, request, [account.key_arn(key.id)])
        check_entry(account, "UpdatePrimaryRegion", entry, told)
    assert here["eventID"] != there["eventID"]
    return None


def granted(kms):
    key = kms.key()
    grant = kms.create_grant(KeyId=key.id, GranteePrincipal=kms.root, Operations=["Encrypt"])
    return key, grant["GrantId"], grant["GrantToken"]


@case
def RetireGrant(kms):
    key, grant, token = granted(kms)
    answer = kms.retire_grant(GrantToken=token)
    by_token = Told(answer, None, [key.arn], {"keyId": key.arn}, {"grantId": grant})
    check(kms, "RetireGrant", by_token)
    key, grant, _ = granted(kms)
    answer = kms.retire_grant(KeyId=key.arn, GrantId=grant)
    request = {"keyId": key.arn, "grantId": grant}
    return Told(answer, request, [key.arn], {"keyId": key.arn}, {"grantId": grant})


@case
def RevokeGrant(kms):
    key, grant, _ = granted(kms)
    answer = kms.revoke_grant(KeyId=key.id, GrantId=grant)
    return Told(answer, {"keyId": key.id, "grantId": grant}, [key.arn], {"keyId": key.arn})


@case
def ScheduleKeyDeletion(kms):
    key = kms.key()
    answer = kms.schedule_key_deletion(KeyId=key.id, PendingWindowInDays=9)
    response = {
        "keyId": key.arn, "keyState": "PendingDeletion", "pendingWindowInDays": 9,
        "deletionDate": date(answer["DeletionDate"]),
    }  # fmt: skip
    return Told(answer, {"keyId": key.id, "pendingWindowInDays": 9}, [key.arn], response)


def signed(kms):
    key = that_signs(kms)
    given = {
        "KeyId": key.id, "Message": b"m", "MessageType": "RAW", "SigningAlgorithm": "ECDSA_SHA_256"
    }  # fmt: skip
    request = {"keyId": key.id, "messageType": "RAW", "signingAlgorithm": "ECDSA_SHA_256"}
    return given, kms.sign(**given), request, [key.arn]


@case
def Sign(kms):
    _, answer, *told = signed(kms)
    return Told(answer, *told)


@case
def Verify(kms):
    given, answer, *told = signed(kms)
    return Told(kms.verify(**given, Signature=answer["Signature"]), *told)


@case
def UpdateAlias(kms):
    old, new = kms.key(), kms.key()
    name = kms.alias(old)
    answer = kms.update_alias(AliasName=name, TargetKeyId=new.id)
    request = {"aliasName": name, "targetKeyId": new.id}
    arns = [kms.alias_arn(name), old.arn, new.arn]
    return Told(answer, request, arns, {"keyId": new.arn})


@case
def UpdateCustomKeyStore(kms):
    given = external()
    store = kms.create_custom_key_store(**given)["CustomKeyStoreId"]
    new = fresh_store_name()
    answer = kms.update_custom_key_store(
        CustomKeyStoreId=store, NewCustomKeyStoreName=new,
        XksProxyAuthenticationCredential=CREDENTIAL,
    )  # fmt: skip
    request = {
        "customKeyStoreId": store, "newCustomKeyStoreName": new,
        "xksProxyAuthenticationCredential": {"accessKeyId": ACCESS_KEY},
    }  # fmt: skip
    return Told(answer, request, additional=place(given))


@pytest.mark.parametrize("operation", sorted(MODEL.operation_names))
def test_a_call_that_succeeds_is_recorded(owner, operation):
    told = CASES[operation](owner)
    if told is not None:
        check(owner, operation, told)


# --- Calls that fail ------------------------------------------------------------------------------

NOBODY = "1234abcd-12ab-34cd-56ef-1234567890ab"
NO_KEY = ("NotFoundException", "does not exist")
NO_STORE = ("CustomKeyStoreNotFoundException", "does not exist")
BAD_MARKER = ("InvalidMarkerException", None)
# Parameters of a call that fails before anything is found, and its error. All of them are
# recorded, but for those that never are.
FAILURES = {
    "ConnectCustomKeyStore": ({"CustomKeyStoreId": UNKNOWN_STORE}, NO_STORE),
    "CreateAlias": ({"AliasName": "alias/x", "TargetKeyId": NOBODY}, NO_KEY),
    "CreateCustomKeyStore": (
        {"CustomKeyStoreName": "s", "CloudHsmClusterId": "cluster-2a23b4cdefz",
         "KeyStorePassword": PIN, "TrustAnchorCertificate": "none"},
        ("CloudHsmClusterNotFoundException", "cluster-2a23b4cdefz"),
    ),
    "CreateGrant": (
        {"KeyId": NOBODY, "GranteePrincipal": "arn:aws:iam::111122223333:root",
         "Operations": ["Encrypt"]},
        NO_KEY,
    ),
    "CreateKey": ({"KeySpec": "RSA_2048"}, ("ValidationException", "KeyUsage")),
    "Decapsulate": (
        {"KeyId": NOBODY, "EncapsulationAlgorithm": "ML_KEM",
         "SharedSecretCiphertextBlob": b"b"},
        NO_KEY,
    ),
    "Decrypt": (
        {"KeyId": "alias/x", "CiphertextBlob": b"b" * 200, "EncryptionContext": {"a": "1"}},
        ("InvalidCiphertextException", None),
    ),
    "DeleteAlias": ({"AliasName": "alias/x"}, ("NotFoundException", "is not found")),
    "DeleteCustomKeyStore": ({"CustomKeyStoreId": UNKNOWN_STORE}, NO_STORE),
    "DeriveSharedSecret": (
        {"KeyId": NOBODY, "KeyAgreementAlgorithm": "ECDH", "PublicKey": b"b"}, NO_KEY
    ),
    "DescribeCustomKeyStores": ({"CustomKeyStoreId": UNKNOWN_STORE}, NO_STORE),
    "DisconnectCustomKeyStore": ({"CustomKeyStoreId": UNKNOWN_STORE}, NO_STORE),
    "Encapsulate": ({"KeyId": NOBODY, "EncapsulationAlgorithm": "ML_KEM"}, NO_KEY),
    "Encrypt": (
        {"KeyId": NOBODY, "Plaintext": b"b", "EncryptionAlgorithm": "RSAES_OAEP_SHA_1"}, NO_KEY
    ),
    "GenerateDataKey": ({"KeyId": NOBODY, "KeySpec": "AES_128"}, NO_KEY),
    "GenerateDataKeyPair": ({"KeyId": NOBODY, "KeyPairSpec": "RSA_2048"}, NO_KEY),
    "GenerateDataKeyPairWithoutPlaintext": ({"KeyId": NOBODY, "KeyPairSpec": "RSA_2048"}, NO_KEY),
    "GenerateDataKeyWithoutPlaintext": ({"KeyId": NOBODY, "NumberOfBytes": 1}, NO_KEY),
    "GenerateMac": ({"KeyId": NOBODY, "MacAlgorithm": "HMAC_SHA_256", "Message": b"b"}, NO_KEY),
    "GenerateRandom": ({"NumberOfBytes": 1, "CustomKeyStoreId": UNKNOWN_STORE}, NO_STORE),
    "GetParametersForImport": (
        {"KeyId": NOBODY, "WrappingAlgorithm": "RSAES_OAEP_SHA_1", "WrappingKeySpec": "RSA_4096"},
        NO_KEY,
    ),
    "ImportKeyMaterial": (
        {"KeyId": NOBODY, "ImportToken": b"b", "EncryptedKeyMaterial": b"b", **FOR_EVER}, NO_KEY
    ),
    "ListAliases": ({"Marker": "m"}, BAD_MARKER),
    "ListGrants": ({"KeyId": NOBODY, "GrantId": "g", "Marker": "m"}, NO_KEY),
    "ListKeys": ({"Marker": "m", "Limit": 2}, BAD_MARKER),
    "ListRetirableGrants": (
        {"Marker": "m"}, BAD_MARKER
    ),
    "PutKeyPolicy": ({"KeyId": NOBODY, "Policy": "{"}, NO_KEY),
    "ReEncrypt": (
        {"CiphertextBlob": b"b" * 200, "DestinationKeyId": NOBODY, "SourceKeyId": "alias/x"},
        ("InvalidCiphertextException", None),
    ),
    "ReplicateKey": ({"KeyId": NOBODY, "ReplicaRegion": "eu-west-1"}, NO_KEY),
    "RetireGrant": ({"GrantToken": "t"}, ("InvalidGrantTokenException", None)),
    "RevokeGrant": ({"KeyId": NOBODY, "GrantId": "g"}, NO_KEY),
    "Sign": (
        {"KeyId": NOBODY, "Message": b"b", "SigningAlgorithm": "ECDSA_SHA_256"}, NO_KEY
    ),
    "TagResource": ({"KeyId": NOBODY, "Tags": [{"TagKey": "k", "TagValue": "v"}]}, NO_KEY),
    "UntagResource": ({"KeyId": NOBODY, "TagKeys": ["k"]}, NO_KEY),
    "UpdateAlias": (
        {"AliasName": "alias/x", "TargetKeyId": NOBODY}, ("NotFoundException", "is not found")
    ),
    "UpdateCustomKeyStore": (
        {"CustomKeyStoreId": UNKNOWN_STORE, "CloudHsmClusterId": CLUSTER, "KeyStorePassword": PIN},
        NO_STORE,
    ),
    "UpdateKeyDescription": ({"KeyId": NOBODY, "Description": ""}, NO_KEY),
    "UpdatePrimaryRegion": ({"KeyId": NOBODY, "PrimaryRegion": "eu-west-1"}, NO_KEY),
    "Verify": (
        {"KeyId": NOBODY, "Message": b"b", "Signature": b"b", "SigningAlgorithm": "ECDSA_SHA_256"},
        NO_KEY,
    ),
    "VerifyMac": (
        {"KeyId": NOBODY, "MacAlgorithm": "HMAC_SHA_256", "Message": b"b", "Mac": b"b"}, NO_KEY
    ),
}  # fmt: skip
# §6.3, as far as requests go.
NEVER = {
    "CiphertextBlob", "EncryptedKeyMaterial", "GrantToken", "ImportToken", "KeyStorePassword",
    "Mac", "Message", "Plaintext", "PublicKey", "SharedSecretCiphertextBlob", "Signature",
    "TrustAnchorCertificate",
}  # fmt: skip
RENAMED = {"cloudHsmClusterId": "clusterId"}
DEFAULTS = {
    "Decrypt": ["encryptionAlgorithm"],
    "Encrypt": ["encryptionAlgorithm"],
    "ReEncrypt": ["destinationEncryptionAlgorithm", "sourceEncryptionAlgorithm"],
}


@pytest.mark.parametrize("operation", sorted(MODEL.operation_names))
def test_a_call_that_fails_is_recorded(owner, operation):
    given, error = FAILURES.get(operation, ({"KeyId": NOBODY}, NO_KEY))
    if operation == "ListRetirableGrants":
        given = given | {"RetiringPrincipal": owner.root}
    with pytest.raises(owner.exceptions.ClientError) as failed:
        getattr(owner, method(operation))(**given)
    answer = failed.value.response
    assert answer["Error"]["Code"] == error[0]
    request = as_recorded({name: value for name, value in given.items() if name not in NEVER})
    request = {RENAMED.get(name, name): value for name, value in request.items()}
    request = {name: SYMMETRIC for name in DEFAULTS.get(operation, [])} | request
    check(owner, operation, Told(answer, request or None), error)


def test_what_the_constraints_refuse_has_no_parameters(owner):
    with pytest.raises(owner.exceptions.ClientError) as failed:
        owner.encrypt(KeyId="", Plaintext=b"p")
    told = Told(failed.value.response, None)
    check(owner, "Encrypt", told, ("ValidationException", "validation errors detected"))


def test_a_dry_run_is_recorded_as_one(owner):
    key = owner.key()
    with pytest.raises(owner.exceptions.ClientError) as failed:
        owner.encrypt(KeyId=key.id, Plaintext=b"p", DryRun=True)
    request = {"keyId": key.id, "encryptionAlgorithm": SYMMETRIC}
    told = Told(failed.value.response, request, [key.arn])
    check(owner, "Encrypt", told, ("DryRunOperationException", DRY_RUN))


def test_what_is_too_long_for_cloudtrail_is_cut_or_left_out(owner):
    key = owner.key()
    with pytest.raises(owner.exceptions.ClientError) as failed:
        owner.put_key_policy(KeyId=key.id, Policy="x" * 120_000)
    [entry] = entries_of(owner.server, failed.value.response)
    size = len(json.dumps({"keyId": key.id, "policy": "x" * 120_000}, separators=(",", ":")))
    assert entry["requestParameters"] == {
        "reason": "requestParameters too large", "omitted": True, "originalSize": size
    }  # fmt: skip
    with pytest.raises(owner.exceptions.ClientError) as failed:
        owner.describe_key(KeyId="x" * 2048)
    [entry] = entries_of(owner.server, failed.value.response)
    assert len(entry["errorMessage"]) == 1024
    assert entry["requestParameters"] == {"keyId": "x" * 2048}


# --- Two accounts ---------------------------------------------------------------------------------


@pytest.fixture
def other(outside, request):
    return outside.server.service(account_of(request.node.nodeid + " other"))


def test_the_owner_of_a_key_is_told_when_another_account_uses_it(owner, other):
    key = owner.key()
    answer = other.encrypt(KeyId=key.arn, Plaintext=b"p", EncryptionContext={"a": "1"})
    theirs, ours = entries_of(owner.server, answer)
    assert theirs["recipientAccountId"] == other.account
    assert ours["recipientAccountId"] == owner.account
    assert UUID.fullmatch(ours["sharedEventID"])
    assert theirs["sharedEventID"] == ours["sharedEventID"]
    assert theirs["eventID"] != ours["eventID"]
    assert ours["userIdentity"] == {
        "type": "AWSAccount", "principalId": other.account, "accountId": other.account
    }  # fmt: skip
    assert theirs["userIdentity"]["arn"] == other.root
    resources = [{"ARN": key.arn, "accountId": owner.account, "type": "AWS::KMS::Key"}]
    differ = {
        "eventID", "prev_hash", "recipientAccountId", "seq", "userIdentity",
    }  # fmt: skip
    for entry in (theirs, ours):
        assert entry["resources"] == resources
        assert entry["additionalEventData"] == {"keyMaterialId": material_of(owner, key)}
    assert {name: theirs[name] for name in set(theirs) - differ} == {
        name: ours[name] for name in set(ours) - differ
    }


def test_a_change_by_another_account_is_told_to_both_in_one_commit(owner, other):
    key = owner.key()
    answer = other.create_grant(
        KeyId=key.arn, GranteePrincipal=other.root, Operations=["Encrypt"]
    )
    theirs, ours = entries_of(owner.server, answer)
    assert theirs["sharedEventID"] == ours["sharedEventID"]
    response = {"grantId": answer["GrantId"], "keyId": key.arn}
    assert theirs["responseElements"] == ours["responseElements"] == response
    assert theirs["rows"] and "rows" not in ours


def test_the_owner_is_not_told_of_what_was_denied(owner, other):
    arn = owner.key_arn(NOBODY)
    with pytest.raises(other.exceptions.ClientError) as failed:
        other.encrypt(KeyId=arn, Plaintext=b"p")
    request = {"keyId": arn, "encryptionAlgorithm": SYMMETRIC}
    told = Told(failed.value.response, request)
    check(other, "Encrypt", told, ("AccessDenied", f"User: {other.root} is not authorized"))


# --- Keys that are partly outside -----------------------------------------------------------------


def test_uses_of_a_key_in_an_external_key_store_name_both(owner):
    store = external_store(owner)
    key = external_key(owner, store)
    place = {"customKeyStoreId": store, "xksKeyId": "key-1"}
    additional = place | {"keyMaterialId": material_of(owner, key)}
    answer = owner.encrypt(KeyId=key.id, Plaintext=b"p")
    request = {"keyId": key.id, "encryptionAlgorithm": SYMMETRIC}
    check(owner, "Encrypt", Told(answer, request, [key.arn], additional=additional))
    answer = owner.decrypt(CiphertextBlob=answer["CiphertextBlob"])
    request = {"keyId": key.arn, "encryptionAlgorithm": SYMMETRIC}
    check(owner, "Decrypt", Told(answer, request, [key.arn], additional=additional))
    answer = owner.generate_data_key(KeyId=key.id, KeySpec="AES_128")
    request = {"keyId": key.id, "keySpec": "AES_128"}
    check(owner, "GenerateDataKey", Told(answer, request, [key.arn], additional=additional))


def test_a_key_in_a_hardware_module_is_told_with_its_backing_key(outside, owner):
    store = cluster_store(owner, outside)
    connect(owner, store)
    key = hsm_key(owner, store)
    backing = f'{{"backingKeyId":"{material_of(owner, key)}"}}'
    created = [entry for entry in entries(owner.server) if entry["eventName"] == "CreateKey"]
    assert created[-1]["resources"][0]["ARN"] == key.arn
    assert created[-1]["additionalEventData"] == {"backingKey": backing}
    answer = owner.schedule_key_deletion(KeyId=key.id, PendingWindowInDays=7)
    place = {"customKeyStoreId": store, "clusterId": CLUSTER, "backingKeys": f"[{backing}]"}
    response = {
        "keyId": key.arn, "keyState": "PendingDeletion", "pendingWindowInDays": 7,
        "deletionDate": date(answer["DeletionDate"]),
    }  # fmt: skip
    request = {"keyId": key.id, "pendingWindowInDays": 7}
    told = Told(answer, request, [key.arn], response, place)
    check(owner, "ScheduleKeyDeletion", told)
    owner.server.advance("8d")
    event = service_event(owner, "DeleteKey", key)
    assert event["responseElements"] == {"keyId": key.arn}
    status = backing.replace("}", ',"deletionStatus":"SUCCESS"}')
    assert event["additionalEventData"] == place | {"backingKeysDeletionStatus": f"[{status}]"}
    release(owner, store)


@pytest.fixture(scope="module")
def attested(tmp_path_factory):
    """An account of a server that trusts an enclave's platform, and an enclave."""
    platform = Platform()
    folder = tmp_path_factory.mktemp("attested")
    (folder / "root.pem").write_bytes(platform.root_pem)
    with Server.dev(folder / "data", "--attestation-root", folder / "root.pem") as server:
        yield server.service(), Enclave(platform)


def test_an_enclave_is_told_by_its_module_and_image_alone(attested):
    kms, enclave = attested
    key, agreeing = kms.key(), kms.key(**USAGES["KEY_AGREEMENT"])
    recipient = {
        "attestationDocumentModuleId": MODULE,
        "attestationDocumentEnclaveImageDigest": "00" * 48,
    }
    material = {"keyMaterialId": material_of(kms, key)}
    blob = kms.encrypt(KeyId=key.id, Plaintext=b"p")["CiphertextBlob"]
    peer = kms.get_public_key(KeyId=agreeing.id)["PublicKey"]
    for operation, given, request, used, more in (
        ("Decrypt", {"CiphertextBlob": blob},
         {"keyId": key.arn, "encryptionAlgorithm": SYMMETRIC}, key, material),
        ("GenerateDataKey", {"KeyId": key.id, "KeySpec": "AES_256"},
         {"keyId": key.id, "keySpec": "AES_256"}, key, material),
        ("GenerateDataKeyPair", {"KeyId": key.id, "KeyPairSpec": "ECC_NIST_P256"},
         {"keyId": key.id, "keyPairSpec": "ECC_NIST_P256"}, key, material),
        ("DeriveSharedSecret",
         {"KeyId": agreeing.id, "KeyAgreementAlgorithm": "ECDH", "PublicKey": peer},
         {"keyId": agreeing.id, "keyAgreementAlgorithm": "ECDH"}, agreeing, {}),
        ("GenerateRandom", {"NumberOfBytes": 8}, {"numberOfBytes": 8}, None, {}),
    ):  # fmt: skip
        answer = getattr(kms, method(operation))(**given, Recipient=enclave.recipient())
        resources = [used.arn] if used else []
        additional = more | {"recipient": recipient}
        check(kms, operation, Told(answer, request, resources, additional=additional))


def test_tls_and_the_host_that_was_asked_for_are_told(tmp_path):
    with Server.dev(tmp_path / "data", "--tls-self-signed") as server:
        kms = boto_client("kms", server.endpoint, "111122223333", verify=server.printed("certificate"))
        [entry] = entries_of(server, kms.list_keys())
    details = entry["tlsDetails"]
    assert set(details) == {"tlsVersion", "cipherSuite", "clientProvidedHostHeader", "keyExchange"}
    assert details["clientProvidedHostHeader"] == server.endpoint.removeprefix("https://")
    assert details["tlsVersion"] == "TLSv1.3"


# --- What nobody asked for ------------------------------------------------------------------------


def service_event(kms, name, key):
    """The one event of that name about a key, which nobody called for."""
    events = [
        entry
        for entry in eventually(kms, name, key)
        if entry["eventType"] == "AwsServiceEvent"
    ]
    [event] = events
    expected = (ALWAYS - {"requestID"}) | {"resources"}
    assert set(event) - OURS - {"additionalEventData", "serviceEventDetails"} == expected
    assert event["userIdentity"] == {"accountId": kms.account, "invokedBy": "AWS Internal"}
    assert event["sourceIPAddress"] == event["userAgent"] == "AWS Internal"
    assert event["requestParameters"] is None
    assert event["readOnly"] is False
    assert event["recipientAccountId"] == kms.account
    assert event["awsRegion"] == kms.region
    assert event["resources"] == [
        {"ARN": key.arn, "accountId": kms.account, "type": "AWS::KMS::Key"}
    ]
    return event


def eventually(kms, name, key, seconds=20):
    end = datetime.datetime.now() + datetime.timedelta(seconds=seconds)
    while True:
        found = [
            entry
            for entry in entries(kms.server)
            if entry["eventName"] == name
            and key.arn in [resource["ARN"] for resource in entry.get("resources", [])]
        ]
        if found or datetime.datetime.now() > end:
            return found


def test_the_service_tells_what_it_does_by_itself(tmp_path):
    with Server.dev(tmp_path / "data") as server:
        kms = server.service()
        rotated, rotating, expiring, ending = kms.key(), kms.key(), waiting_for_import(kms), kms.key()
        first = material_of(kms, rotated)
        kms.rotate_key_on_demand(KeyId=rotated.id)
        event = service_event(kms, "RotateKey", rotated)
        assert event["responseElements"] is None
        assert event["serviceEventDetails"] == {
            "rotationType": "ON_DEMAND", "keyOrigin": "AWS_KMS", "keyId": rotated.id,
            "previousKeyMaterialId": first, "currentKeyMaterialId": material_of(kms, rotated),
        }  # fmt: skip

        kms.enable_key_rotation(KeyId=rotating.id, RotationPeriodInDays=90)
        until = datetime.datetime.now(datetime.UTC) + datetime.timedelta(60)
        material = import_material(kms, expiring.id, os.urandom(32), ValidTo=until)["KeyMaterialId"]
        name = kms.alias(ending)
        kms.create_grant(KeyId=ending.id, GranteePrincipal=kms.root, Operations=["Encrypt"])
        kms.schedule_key_deletion(KeyId=ending.id, PendingWindowInDays=7)
        first = material_of(kms, rotating)
        server.advance("91d")
        event = service_event(kms, "RotateKey", rotating)
        assert event["serviceEventDetails"] == {
            "rotationType": "AUTOMATIC", "keyOrigin": "AWS_KMS", "keyId": rotating.id,
            "previousKeyMaterialId": first, "currentKeyMaterialId": material_of(kms, rotating),
        }  # fmt: skip
        event = service_event(kms, "DeleteExpiredKeyMaterial", expiring)
        assert event["serviceEventDetails"] == {"keyId": expiring.id, "keyMaterialId": material}
        # One event for the whole, although a key with an alias and a grant goes in steps.
        event = service_event(kms, "DeleteKey", ending)
        assert event["responseElements"] == {"keyId": ending.arn}
        with refused("NotFoundException"):
            kms.describe_key(KeyId=name)

        shared = kms.key(MultiRegion=True)
        kms.replicate_key(KeyId=shared.id, ReplicaRegion="eu-west-1")
        there = kms.at("eu-west-1")
        shared.arn = there.key_arn(shared.id)
        event = service_event(there, "SynchronizeMultiRegionKey", shared)
        assert event["serviceEventDetails"] == {"keyId": shared.id}
