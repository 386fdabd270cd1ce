"""What operations.md says and this server cannot show yet, because a later issue brings the means.

Each row names what is missing, the issue that brings it, and what the server answers until then.
The table must shrink to nothing: a row whose mechanism arrives fails here, and moves into the
file of its operation.
"""

import json

import pytest
from policies import allowing
from support import UNKNOWN_KEY, part, refused

KEY_SPECS = "3, every key spec and all 56 operations"
IDENTITIES = "4, identities, policies, grants, audit"

SPECS = {
    "RSA_2048": "ENCRYPT_DECRYPT", "RSA_3072": "SIGN_VERIFY", "RSA_4096": "SIGN_VERIFY",
    "ECC_NIST_P256": "KEY_AGREEMENT", "ECC_NIST_P384": "SIGN_VERIFY", "ECC_NIST_P521": "SIGN_VERIFY",
    "ECC_SECG_P256K1": "SIGN_VERIFY", "ECC_NIST_EDWARDS25519": "SIGN_VERIFY",
    "HMAC_224": "GENERATE_VERIFY_MAC", "HMAC_256": "GENERATE_VERIFY_MAC",
    "HMAC_384": "GENERATE_VERIFY_MAC", "HMAC_512": "GENERATE_VERIFY_MAC",
    "ML_DSA_44": "SIGN_VERIFY", "ML_DSA_65": "SIGN_VERIFY", "ML_DSA_87": "SIGN_VERIFY",
    "ML_KEM_512": "ENCAPSULATE_DECAPSULATE", "ML_KEM_768": "ENCAPSULATE_DECAPSULATE",
    "ML_KEM_1024": "ENCAPSULATE_DECAPSULATE",
}  # fmt: skip


def unsupported(what):
    return "UnsupportedOperationException", part(f"{what} is not supported")


def create(spec):
    return lambda kms: kms.create_key(KeySpec=spec, KeyUsage=SPECS[spec])


def policy_that(**changes):
    return lambda kms: kms.put_key_policy(
        KeyId=kms.key().id, Policy=json.dumps(allowing(kms, **changes))
    )


ACCEPTED = None

LATER = {
    # Keys that are not symmetric.
    **{
        f"CreateKey {spec} for {usage}": (KEY_SPECS, create(spec), unsupported(f"KeySpec {spec}"))
        for spec, usage in SPECS.items()
    },
    "UpdateAlias between keys of different usage: ValidationException": (
        KEY_SPECS, create("RSA_3072"), unsupported("KeySpec RSA_3072")),
    "UpdateAlias between keys of different type and equal usage: ValidationException": (
        KEY_SPECS, create("RSA_2048"), unsupported("KeySpec RSA_2048")),
    "UpdateAlias between asymmetric keys of different spec: succeeds": (
        KEY_SPECS, create("ECC_NIST_P256"), unsupported("KeySpec ECC_NIST_P256")),
    "InvalidKeyUsageException of Encrypt, GenerateDataKey, ReEncrypt, before the state": (
        KEY_SPECS, create("HMAC_256"), unsupported("KeySpec HMAC_256")),
    "Encrypt, Decrypt, ReEncrypt with RSAES_OAEP and its size limits": (
        KEY_SPECS, create("RSA_4096"), unsupported("KeySpec RSA_4096")),
    # States that no operation leads to yet.
    "PendingReplicaDeletion and Creating": (
        KEY_SPECS,
        lambda kms: kms.replicate_key(KeyId=kms.key(MultiRegion=True).id, ReplicaRegion="eu-west-1"),
        unsupported("ReplicateKey")),
    "Updating": (
        KEY_SPECS,
        lambda kms: kms.update_primary_region(KeyId=UNKNOWN_KEY, PrimaryRegion="eu-west-1"),
        unsupported("UpdatePrimaryRegion")),
    "Unavailable": (
        KEY_SPECS,
        lambda kms: kms.create_custom_key_store(CustomKeyStoreName="store"),
        unsupported("CreateCustomKeyStore")),
    "Enabled keys of Origin EXTERNAL, ExpirationModel, ValidTo": (
        KEY_SPECS,
        lambda kms: kms.get_parameters_for_import(
            KeyId=UNKNOWN_KEY, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048"),
        unsupported("GetParametersForImport")),
    # Custom key stores, grants.
    "CreateKey in a custom key store that exists": (
        KEY_SPECS,
        lambda kms: kms.create_key(Origin="AWS_CLOUDHSM", CustomKeyStoreId="cks-1234567890abcdef0"),
        ("CustomKeyStoreNotFoundException", part(""))),
    "GenerateRandom from a custom key store that exists": (
        KEY_SPECS,
        lambda kms: kms.generate_random(NumberOfBytes=1, CustomKeyStoreId="cks-1234567890abcdef0"),
        ("CustomKeyStoreNotFoundException", part(""))),
    "grant tokens that are ours": (
        KEY_SPECS,
        lambda kms: kms.create_grant(
            KeyId=UNKNOWN_KEY, GranteePrincipal=kms.root, Operations=["Encrypt"]),
        unsupported("CreateGrant")),
    # What only an evaluated policy can refuse. The text is stored.
    "unknown principal: Policy contains a statement with one or more invalid principals.": (
        IDENTITIES,
        lambda kms: policy_that(Principal={"AWS": [kms.root, f"arn:aws:iam::{kms.account}:user/nobody"]})(kms),
        ACCEPTED),
    "AccessDeniedException of a key policy that denies": (
        IDENTITIES,
        lambda kms: kms.put_key_policy(
            KeyId=kms.key().id, BypassPolicyLockoutSafetyCheck=True,
            Policy=json.dumps(allowing(kms, Effect="Deny", Principal="*"))),
        ACCEPTED),
    "ThrottlingException": (
        IDENTITIES, lambda kms: [kms.generate_random(NumberOfBytes=1) for _ in range(10)], ACCEPTED),
}  # fmt: skip


def test_the_table_is_printed(capsys):
    with capsys.disabled():
        print("\n\nComes with a later issue:")
        for mechanism, (issue, _, _) in LATER.items():
            print(f"  issue {issue}: {mechanism}")
    assert {issue for issue, _, _ in LATER.values()} == {KEY_SPECS, IDENTITIES}


@pytest.mark.parametrize("mechanism", LATER)
def test_until_then(kms, mechanism):
    _, call, answer = LATER[mechanism]
    if answer is ACCEPTED:
        call(kms)
        return
    with refused(*answer):
        call(kms)
