"""GenerateDataKeyPairWithoutPlaintext (operations.md §3.5)."""

from data_key_pairs import DataKeyPairs


class TestGenerateDataKeyPairWithoutPlaintext(DataKeyPairs):
    members = {
        "PrivateKeyCiphertextBlob", "PublicKey", "KeyId", "KeyPairSpec", "KeyMaterialId",
    }  # fmt: skip

    def generate(self, kms, **parameters):
        return kms.generate_data_key_pair_without_plaintext(**parameters)
