"""The Recipient parameter: answers for attested enclaves (operations.md §5.6)."""

import time

import pytest
from enclave import Enclave, Platform
from support import USAGES, Server, body_of, refused

NOT_VALID = "The attestation document in the request is not valid."


@pytest.fixture(scope="module")
def platform():
    return Platform()


@pytest.fixture(scope="module")
def enclave(platform):
    return Enclave(platform)


@pytest.fixture(scope="module")
def kms(tmp_path_factory, platform):
    """An account of a server that trusts the platform's root."""
    folder = tmp_path_factory.mktemp("attested")
    (folder / "root.pem").write_bytes(platform.root_pem)
    with Server.dev(folder / "data", "--attestation-root", folder / "root.pem") as server:
        yield server.service()


def test_a_data_key_is_enclosed_to_the_enclave(kms, enclave):
    key = kms.key()
    answer = body_of(
        kms.generate_data_key(KeyId=key.id, KeySpec="AES_256", Recipient=enclave.recipient())
    )
    assert set(answer) == {"CiphertextBlob", "KeyId", "CiphertextForRecipient"}
    plain = kms.decrypt(CiphertextBlob=answer["CiphertextBlob"])["Plaintext"]
    assert enclave.open(answer["CiphertextForRecipient"]) == plain


@pytest.mark.parametrize("bits", [2048, 3072, 4096])
def test_what_is_decrypted_is_enclosed_to_a_key_of_any_size(kms, platform, bits):
    enclave, key = Enclave(platform, bits), kms.key()
    text = bytes(range(256)) * 16
    blob = kms.encrypt(KeyId=key.id, Plaintext=text)["CiphertextBlob"]
    answer = body_of(kms.decrypt(CiphertextBlob=blob, Recipient=enclave.recipient()))
    assert set(answer) == {"KeyId", "EncryptionAlgorithm", "CiphertextForRecipient"}
    assert enclave.open(answer["CiphertextForRecipient"]) == text


@pytest.mark.parametrize("spec", ["ECC_NIST_P256", "ML_KEM_768", "RSA_2048"])
def test_a_private_key_is_enclosed(kms, enclave, spec):
    key = kms.key()
    answer = body_of(
        kms.generate_data_key_pair(
            KeyId=key.id, KeyPairSpec=spec, Recipient=enclave.recipient()
        )
    )
    # Unlike Decrypt and GenerateDataKey, this one is not said to leave out the material's id.
    assert set(answer) == {
        "PrivateKeyCiphertextBlob", "PublicKey", "KeyId", "KeyPairSpec", "KeyMaterialId",
        "CiphertextForRecipient",
    }  # fmt: skip
    private = kms.decrypt(CiphertextBlob=answer["PrivateKeyCiphertextBlob"])["Plaintext"]
    assert enclave.open(answer["CiphertextForRecipient"]) == private


def test_a_shared_secret_is_enclosed(kms, enclave):
    key = kms.key(**USAGES["KEY_AGREEMENT"])
    peer = kms.get_public_key(KeyId=kms.key(**USAGES["KEY_AGREEMENT"]).id)["PublicKey"]
    call = {"KeyId": key.id, "PublicKey": peer, "KeyAgreementAlgorithm": "ECDH"}
    answer = body_of(kms.derive_shared_secret(**call, Recipient=enclave.recipient()))
    assert set(answer) == {
        "KeyId", "KeyAgreementAlgorithm", "KeyOrigin", "CiphertextForRecipient"
    }  # fmt: skip
    secret = kms.derive_shared_secret(**call)["SharedSecret"]
    assert enclave.open(answer["CiphertextForRecipient"]) == secret


def test_what_rsa_decrypts_is_enclosed(kms, enclave):
    key = kms.key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")
    oaep = {"KeyId": key.id, "EncryptionAlgorithm": "RSAES_OAEP_SHA_256"}
    blob = kms.encrypt(Plaintext=b"secret", **oaep)["CiphertextBlob"]
    answer = body_of(kms.decrypt(CiphertextBlob=blob, **oaep, Recipient=enclave.recipient()))
    assert set(answer) == {"KeyId", "EncryptionAlgorithm", "CiphertextForRecipient"}
    assert enclave.open(answer["CiphertextForRecipient"]) == b"secret"


def test_random_bytes_are_enclosed(kms, enclave):
    answer = body_of(kms.generate_random(NumberOfBytes=77, Recipient=enclave.recipient()))
    assert set(answer) == {"CiphertextForRecipient"}
    assert len(enclave.open(answer["CiphertextForRecipient"])) == 77


def test_a_dry_run_is_one_for_an_enclave_too(kms, enclave):
    key = kms.key()
    with refused("DryRunOperationException"):
        kms.generate_data_key(
            KeyId=key.id, NumberOfBytes=8, DryRun=True, Recipient=enclave.recipient()
        )


def stale(enclave):
    return enclave.recipient(timestamp=int((time.time() - 400) * 1000))


def from_another_platform(_):
    return Enclave(Platform()).recipient()


def without_a_key(enclave):
    return enclave.recipient(public_key=None)


def altered(enclave):
    recipient = enclave.recipient()
    document = bytearray(recipient["AttestationDocument"])
    document[-1] ^= 1
    return recipient | {"AttestationDocument": bytes(document)}


def garbage(enclave):
    return enclave.recipient() | {"AttestationDocument": b"document"}


@pytest.mark.parametrize(
    "recipient", [stale, from_another_platform, without_a_key, altered, garbage]
)
def test_who_is_not_attested_gets_nothing(kms, enclave, recipient):
    with refused("ValidationException", NOT_VALID):
        kms.generate_random(NumberOfBytes=32, Recipient=recipient(enclave))


def test_a_recipient_is_told_whole(kms, enclave):
    whole = enclave.recipient()
    for missing in whole:
        part = {name: value for name, value in whole.items() if name != missing}
        with refused(
            "ValidationException",
            "Recipient must have both a KeyEncryptionAlgorithm and an AttestationDocument.",
        ):
            kms.generate_random(NumberOfBytes=32, Recipient=part)


def test_the_key_is_looked_up_before_the_document(kms, enclave):
    key = kms.key("Disabled")
    with refused("NotFoundException"):
        kms.generate_data_key(KeyId="alias/nobody", NumberOfBytes=8, Recipient=garbage(enclave))
    with refused("ValidationException", NOT_VALID):
        kms.generate_data_key(KeyId=key.id, NumberOfBytes=8, Recipient=garbage(enclave))
