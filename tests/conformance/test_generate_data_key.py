"""GenerateDataKey (operations.md §3.5)."""

from data_keys import DataKeys
from support import refused


class TestGenerateDataKey(DataKeys):
    members = {"CiphertextBlob", "Plaintext", "KeyId", "KeyMaterialId"}

    def generate(self, kms, **parameters):
        return kms.generate_data_key(**parameters)


def test_a_recipient_is_never_answered_with_the_plaintext(kms):
    with refused("ValidationException"):
        kms.generate_data_key(
            KeyId=kms.key().id,
            KeySpec="AES_256",
            Recipient={
                "KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256",
                "AttestationDocument": b"document",
            },
        )
