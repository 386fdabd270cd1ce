"""What GenerateDataKeyPair and GenerateDataKeyPairWithoutPlaintext have in common (operations.md
§3.5, §5.7)."""

import pytest
from cryptography.hazmat.primitives import serialization
from curves import sm2_point, sm2_times
from key_specs import SPKI, spki, the_key
from support import (
    IS_DISABLED,
    IS_PENDING_DELETION,
    IS_PENDING_IMPORT,
    OK,
    AnyKeyReference,
    DryRun,
    GrantTokens,
    KeyStates,
    KeyUsage,
    bad,
    body_of,
    invalid,
    null,
    one_of_shape,
    refused,
)

PAIR_SPECS = [
    "RSA_2048", "RSA_3072", "RSA_4096", "ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521",
    "ECC_SECG_P256K1", "ECC_NIST_EDWARDS25519", "ML_KEM_512", "ML_KEM_768", "ML_KEM_1024",
]  # fmt: skip


class DataKeyPairs(AnyKeyReference, KeyStates, KeyUsage, DryRun, GrantTokens):
    """`generate(self, kms, **parameters)` is boto3's call; `members` what the answer has."""

    members = None
    states = {
        "Enabled": OK,
        "Disabled": IS_DISABLED,
        "PendingDeletion": IS_PENDING_DELETION,
        "PendingImport": IS_PENDING_IMPORT,
    }

    def generate(self, kms, **parameters):
        raise NotImplementedError

    def call(self, kms, key, given, **more):
        return self.generate(kms, KeyId=key, KeyPairSpec="ECC_NIST_P256", **more)

    def made(self, kms, spec, **more):
        """A pair: its private and its public key, after what is true of every pair."""
        key = kms.key()
        made = body_of(self.generate(kms, KeyId=kms.alias(key), KeyPairSpec=spec, **more))
        assert set(made) == self.members
        assert made["KeyId"] == key.arn
        assert made["KeyPairSpec"] == spec
        assert made["KeyMaterialId"] == key.metadata["CurrentKeyMaterialId"]
        private = kms.decrypt(CiphertextBlob=made["PrivateKeyCiphertextBlob"], **more)["Plaintext"]
        assert made.get("PrivateKeyPlaintext", private) == private
        assert len(made["PublicKey"]) == SPKI[spec]
        return private, made["PublicKey"]

    @pytest.mark.parametrize("spec", PAIR_SPECS)
    def test_a_pair_is_pkcs8_and_spki_of_each_other(self, kms, spec):
        private, public = self.made(kms, spec)
        if spec.startswith("ML_KEM"):
            # The seed form: the same 86 bytes around 64 for every size.
            assert len(private) == 86
            assert private[20:22] == b"\x80\x40"
        if spec != "ML_KEM_512":  # Which the other library does not have.
            loaded = serialization.load_der_private_key(private, None)
            assert spki(loaded.public_key()) == public

    def test_a_pair_of_sm2_is_for_china(self, kms):
        with refused(
            "UnsupportedOperationException", "KeyPairSpec SM2 is not supported in this Region"
        ):
            self.made(kms, "SM2")
        private, public = self.made(kms.at("cn-north-1"), "SM2")
        # ECPrivateKey, RFC 5915: a version, then the number as 32 bytes.
        at = private.index(b"\x02\x01\x01\x04\x20") + 5
        assert sm2_times(int.from_bytes(private[at : at + 32], "big")) == sm2_point(public)

    def test_there_is_no_pair_of_ml_dsa(self, kms):
        with invalid(bad("keyPairSpec", "ML_DSA_44", one_of_shape("DataKeyPairSpec"))):
            self.generate(kms, KeyId=kms.key().id, KeyPairSpec="ML_DSA_44")

    @pytest.mark.parametrize("spec", ["RSA_2048", "ECC_NIST_P256"])
    def test_no_two_pairs_are_the_same(self, kms, spec):
        pairs = [self.made(kms, spec) for _ in range(4)]
        assert len({private for private, _ in pairs}) == len({public for _, public in pairs}) == 4

    def test_the_context_is_bound(self, kms):
        context = {"a": "b"}
        self.made(kms, "ECC_NIST_P256", EncryptionContext=context)
        blob = self.call(kms, kms.key().id, None, EncryptionContext=context)
        with refused("InvalidCiphertextException", None):
            kms.decrypt(CiphertextBlob=blob["PrivateKeyCiphertextBlob"])

    def test_an_asymmetric_key_encrypts_no_pair(self, kms):
        key = the_key(kms, "RSA_2048", "ENCRYPT_DECRYPT")
        name = type(self).__name__.removeprefix("Test")
        with refused(
            "InvalidKeyUsageException",
            f"{key.arn} key KeySpec is RSA_2048 which is not valid for {name}.",
        ):
            self.call(kms, key.id, None)

    def test_the_constraints_of_the_parameters(self, kms):
        with invalid(null("keyId"), null("keyPairSpec")):
            self.generate(kms)
        with invalid(bad("keyPairSpec", "RSA_1024", one_of_shape("DataKeyPairSpec"))):
            self.generate(kms, KeyId=kms.key().id, KeyPairSpec="RSA_1024")
