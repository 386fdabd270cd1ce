"""GetPublicKey (operations.md §3.6, §4.3, §5.3; decisions.md 25)."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from curves import sm2_point
from key_specs import EC, HMAC, LISTS, MODULUS, PAIRS, SPECS, SPKI, at_home, public_key, the_key
from support import (
    IS_PENDING_DELETION,
    IS_PENDING_IMPORT,
    OK,
    USAGES,
    AnyKeyReference,
    GrantTokens,
    KeyStates,
    body_of,
    invalid,
    null,
    refused,
)


class TestGetPublicKey(AnyKeyReference, KeyStates, GrantTokens):
    kind = USAGES["SIGN_VERIFY"]
    states = {
        "Enabled": OK,
        "Disabled": OK,
        "PendingDeletion": IS_PENDING_DELETION,
        "PendingImport": IS_PENDING_IMPORT,
    }

    def call(self, kms, key, given, **more):
        return kms.get_public_key(KeyId=key, **more)


@pytest.mark.parametrize(("spec", "usage"), [pair for pair in PAIRS if pair[0] in SPKI])
def test_the_public_key_and_what_it_is_for(kms, spec, usage):
    kms = at_home(kms, spec)
    key = the_key(kms, spec, usage)
    answer = body_of(kms.get_public_key(KeyId=key.id))
    public = answer.pop("PublicKey")
    assert answer == {
        "KeyId": key.arn,
        "CustomerMasterKeySpec": spec,
        "KeySpec": spec,
        "KeyUsage": usage,
        LISTS[usage]: SPECS[spec][usage],
    }
    assert len(public) == SPKI[spec]
    assert kms.get_public_key(KeyId=key.id)["PublicKey"] == public


def test_other_libraries_read_it(kms):
    for spec, modulus in MODULUS.items():
        public = public_key(kms, the_key(kms, spec, "SIGN_VERIFY"))
        assert isinstance(public, rsa.RSAPublicKey)
        assert public.key_size == 8 * modulus
        assert public.public_numbers().e == 65537
    for spec, curve in EC.items():
        public = public_key(kms, the_key(kms, spec, "SIGN_VERIFY"))
        assert isinstance(public, ec.EllipticCurvePublicKey)
        assert public.curve.name == curve.name
    for spec in ("ECC_NIST_EDWARDS25519", "ML_DSA_44", "ML_DSA_65", "ML_DSA_87"):
        assert public_key(kms, the_key(kms, spec, "SIGN_VERIFY")).public_bytes_raw()
    for spec in ("ML_KEM_768", "ML_KEM_1024"):
        assert public_key(kms, the_key(kms, spec, "ENCAPSULATE_DECAPSULATE")).public_bytes_raw()
    home = at_home(kms, "SM2")
    sm2_point(home.get_public_key(KeyId=the_key(home, "SM2", "SIGN_VERIFY").id)["PublicKey"])


def test_wallets_cut_a_secp256k1_key_at_byte_24(kms):
    key = the_key(kms, "ECC_SECG_P256K1", "SIGN_VERIFY")
    public = kms.get_public_key(KeyId=key.id)["PublicKey"]
    numbers = public_key(kms, key).public_numbers()
    assert public[24:] == numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")


@pytest.mark.parametrize("spec", ["SYMMETRIC_DEFAULT", *HMAC])
def test_a_key_without_a_public_half_is_refused_after_its_state(kms, spec):
    (usage,) = SPECS[spec]
    kind = {"KeySpec": spec, "KeyUsage": usage}
    for state in ("Enabled", "Disabled"):
        with refused("UnsupportedOperationException", None):
            kms.get_public_key(KeyId=kms.key(state, **kind).id)
    for state, is_ in (("PendingDeletion", "deletion"), ("PendingImport", "import")):
        key = kms.key(state, **kind)
        with refused("KMSInvalidStateException", f"{key.arn} is pending {is_}."):
            kms.get_public_key(KeyId=key.id)


def test_what_only_begins_like_an_arn_is_none(kms):
    with refused("InvalidArnException", "Invalid arn arn:aws:kms"):
        kms.get_public_key(KeyId="arn:aws:kms")


def test_the_constraints_of_the_parameters(kms):
    with invalid(null("keyId")):
        kms.get_public_key()
