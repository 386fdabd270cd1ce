"""GenerateDataKeyPair (operations.md §3.5)."""

from data_key_pairs import DataKeyPairs
from support import refused


class TestGenerateDataKeyPair(DataKeyPairs):
    members = {
        "PrivateKeyCiphertextBlob", "PrivateKeyPlaintext", "PublicKey", "KeyId", "KeyPairSpec",
        "KeyMaterialId",
    }  # fmt: skip

    def generate(self, kms, **parameters):
        return kms.generate_data_key_pair(**parameters)


def test_a_recipient_is_never_answered_with_the_plaintext(kms):
    with refused("ValidationException"):
        kms.generate_data_key_pair(
            KeyId=kms.key().id,
            KeyPairSpec="ECC_NIST_P256",
            Recipient={
                "KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256",
                "AttestationDocument": b"document",
            },
        )
