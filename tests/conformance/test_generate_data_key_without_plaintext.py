"""GenerateDataKeyWithoutPlaintext (operations.md §3.5)."""

from data_keys import DataKeys


class TestGenerateDataKeyWithoutPlaintext(DataKeys):
    members = {"CiphertextBlob", "KeyId", "KeyMaterialId"}

    def generate(self, kms, **parameters):
        return kms.generate_data_key_without_plaintext(**parameters)
