"""Decrypt (operations.md §3.5)."""

import os

import pytest
import srk
from curves import sm2_encrypt, sm2_point
from key_specs import MODULUS, OAEP, at_home, oaep, public_key, the_key
from support import (
    CIPHERTEXT_KEY_GONE,
    DRY_RUN,
    IS_DISABLED,
    IS_PENDING_DELETION,
    IS_PENDING_IMPORT,
    OK,
    UNKNOWN_KEY,
    USAGES,
    WRONG_KEY,
    AnyKeyReference,
    DryRun,
    GrantTokens,
    KeyStates,
    at_least,
    at_most,
    bad,
    body_of,
    hidden,
    invalid,
    null,
    one_of_shape,
    part,
    refused,
)


def forged(kms, key_id, size=17):
    """A blob whose header is well made for that key, and whose rest is noise."""
    return srk.header(kms.account, key_id, os.urandom(32)) + os.urandom(60 + size)


class TestDecrypt(AnyKeyReference, KeyStates, DryRun, GrantTokens):
    states = {
        "Enabled": OK,
        "Disabled": IS_DISABLED,
        "PendingDeletion": IS_PENDING_DELETION,
        "PendingImport": IS_PENDING_IMPORT,
    }

    def prepare(self, kms, key):
        return kms.encrypt(KeyId=key.id, Plaintext=b"secret")["CiphertextBlob"]

    def prepare_without_material(self, kms, key):
        return forged(kms, key.id)

    def call(self, kms, key, given, **more):
        answer = kms.decrypt(KeyId=key, CiphertextBlob=given, **more)
        assert answer["Plaintext"] == b"secret"


class TestWithoutKeyId(KeyStates, DryRun):
    """The ciphertext names its key."""

    states = TestDecrypt.states
    prepare, prepare_without_material = TestDecrypt.prepare, TestDecrypt.prepare_without_material

    def call(self, kms, key, given, **more):
        answer = kms.decrypt(CiphertextBlob=given, **more)
        assert answer["Plaintext"] == b"secret"

    # These ask what KeyId says, and there is none.
    test_what_names_no_key_is_not_found = None
    test_the_constraints_of_the_key_id = None

    def test_a_dry_run_is_refused_as_the_real_call_would_be(self, kms):
        key, given = self._prepared(kms, "Disabled")
        with refused("DisabledException", f"{key.arn} is disabled."):
            self.call(kms, key.id, given, DryRun=True)


def encrypted(kms, key=None, **more):
    return kms.encrypt(KeyId=(key or kms.key()).id, Plaintext=b"secret", **more)["CiphertextBlob"]


def test_the_answer_names_key_and_material(kms):
    key = kms.key()
    alias = kms.alias(key)
    blob = encrypted(kms, key)
    for more in ({}, {"KeyId": key.id}, {"KeyId": key.arn}, {"KeyId": alias}, {"KeyId": kms.alias_arn(alias)}):
        assert body_of(kms.decrypt(CiphertextBlob=blob, **more)) == {
            "KeyId": key.arn,
            "Plaintext": b"secret",
            "EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
            "KeyMaterialId": key.metadata["CurrentKeyMaterialId"],
        }


def test_data_keys_decrypt_too(kms):
    key = kms.key()
    made = kms.generate_data_key(KeyId=key.id, KeySpec="AES_256")
    assert kms.decrypt(CiphertextBlob=made["CiphertextBlob"])["Plaintext"] == made["Plaintext"]


@pytest.mark.parametrize(
    "blob",
    [b"x", b"SRK", b"SRK\x01" + b"\x00" * 156, os.urandom(160), b"\x00" * 6144, b"p" * 148],
    ids=["one byte", "magic", "zeros", "noise", "longest", "shortest"],
)
def test_what_is_no_ciphertext_is_refused_without_a_message(kms, blob):
    with refused("InvalidCiphertextException", None):
        kms.decrypt(CiphertextBlob=blob)


def test_every_changed_byte_is_noticed(kms):
    blob = encrypted(kms)
    for position in range(len(blob)):
        changed = bytearray(blob)
        changed[position] ^= 1 << position % 8
        with refused("InvalidCiphertextException", None):
            kms.decrypt(CiphertextBlob=bytes(changed))
    for cut in (1, 16, 17, len(blob) - 132, len(blob) - 1):
        with refused("InvalidCiphertextException", None):
            kms.decrypt(CiphertextBlob=blob[:-cut])
    with refused("InvalidCiphertextException", None):
        kms.decrypt(CiphertextBlob=blob + b"\x00")


def test_a_header_that_lies_with_a_valid_tag_is_refused(kms):
    """The header tag is a filter, not a proof: what follows it has to hold by itself."""
    blob = encrypted(kms)
    for position, value in ((3, 2), (4, 0), (4, 9), (5, 0), (5, 7), (6, 1), (7, 2), (40, blob[40] ^ 1)):
        changed = bytearray(blob)
        changed[position] = value
        with refused("InvalidCiphertextException", None):
            kms.decrypt(CiphertextBlob=srk.retag(bytes(changed)))


@pytest.mark.parametrize(
    "other",
    [{}, {"a": "1"}, {"a": "1", "b": "2", "c": "3"}, {"A": "1", "b": "2"}, {"a": "2", "b": "1"},
     {"a": "1", "b": "2 "}, {"a1": "", "b": "2"}],
)  # fmt: skip
def test_another_context_is_refused_without_a_message(kms, other):
    key = kms.key()
    blob = encrypted(kms, key, EncryptionContext={"a": "1", "b": "2"})
    for more in ({}, {"KeyId": key.id}):
        with refused("InvalidCiphertextException", None):
            kms.decrypt(CiphertextBlob=blob, EncryptionContext=other, **more)


def test_an_empty_context_is_no_context(kms):
    for made, opened in (({}, {"EncryptionContext": {}}), ({"EncryptionContext": {}}, {})):
        assert kms.decrypt(CiphertextBlob=encrypted(kms, **made), **opened)["Plaintext"] == b"secret"


def test_a_ciphertext_of_one_key_under_the_name_of_another(kms):
    """IncorrectKeyException wins over whatever may be said of either key's state."""
    maker = kms.key()
    blob = encrypted(kms, maker)
    states = ("Enabled", "Disabled", "PendingDeletion", "PendingImport")
    others = [kms.key(state) for state in states]
    # Not even of the usage of the named key is anything said.
    others += [kms.key(state, **kind) for kind in USAGES.values() for state in states[:2]]
    for _ in range(2):
        for other in others:
            alias = kms.alias(other) if other is others[0] else other.arn
            for form in (other.id, other.arn, alias):
                with refused("IncorrectKeyException", WRONG_KEY):
                    kms.decrypt(CiphertextBlob=blob, KeyId=form)
        kms.disable_key(KeyId=maker.id)


def test_a_broken_ciphertext_is_broken_whatever_key_is_named(kms):
    with refused("InvalidCiphertextException", None):
        kms.decrypt(CiphertextBlob=b"broken", KeyId=kms.key().id)


def test_the_state_comes_before_the_context(kms):
    key = kms.key()
    blob = encrypted(kms, key, EncryptionContext={"a": "b"})
    kms.disable_key(KeyId=key.id)
    with refused("DisabledException", f"{key.arn} is disabled."):
        kms.decrypt(CiphertextBlob=blob)


def test_a_ciphertext_whose_key_is_unknown_here(kms):
    elsewhere = kms.at("eu-west-1")
    for place, blob in (
        (kms, forged(kms, UNKNOWN_KEY)),
        (kms, forged(kms, "mrk-" + "0" * 32)),
        # A key of one Region does not answer in another.
        (elsewhere, encrypted(kms)),
    ):
        with refused("AccessDeniedException", CIPHERTEXT_KEY_GONE):
            place.decrypt(CiphertextBlob=blob)


def test_a_ciphertext_of_another_account_names_its_key(kms, stranger):
    key = stranger.key()
    blob = encrypted(stranger, key)
    assert kms.decrypt(CiphertextBlob=blob)["KeyId"] == key.arn
    assert kms.decrypt(CiphertextBlob=blob, KeyId=key.arn)["KeyId"] == key.arn


def test_the_algorithm_may_be_said(kms):
    key = kms.key()
    answer = kms.decrypt(
        CiphertextBlob=encrypted(kms, key), EncryptionAlgorithm="SYMMETRIC_DEFAULT"
    )
    assert answer["EncryptionAlgorithm"] == "SYMMETRIC_DEFAULT"


@pytest.mark.parametrize("algorithm", ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"])
def test_an_algorithm_that_the_key_does_not_have(kms, algorithm):
    key = kms.key()
    blob = encrypted(kms, key)
    with refused(
        "InvalidKeyUsageException",
        f"Algorithm {algorithm} is incompatible with key spec SYMMETRIC_DEFAULT.",
    ):
        kms.decrypt(CiphertextBlob=blob, KeyId=key.id, EncryptionAlgorithm=algorithm)
    with refused("ValidationException"):
        kms.decrypt(CiphertextBlob=blob, EncryptionAlgorithm=algorithm)
    kms.disable_key(KeyId=key.id)
    with refused("DisabledException", f"{key.arn} is disabled."):
        kms.decrypt(CiphertextBlob=blob, KeyId=key.id, EncryptionAlgorithm=algorithm)


def test_the_constraints_of_the_parameters(kms):
    with invalid(null("ciphertextBlob")):
        kms.decrypt()
    with invalid(hidden("ciphertextBlob", at_least(1))):
        kms.decrypt(CiphertextBlob=b"")
    with invalid(hidden("ciphertextBlob", at_most(6144))):
        kms.decrypt(CiphertextBlob=b"c" * 6145)
    with invalid(
        null("ciphertextBlob"),
        bad("encryptionAlgorithm", "ROT13", one_of_shape("EncryptionAlgorithmSpec")),
    ):
        kms.decrypt(EncryptionAlgorithm="ROT13")


class TestIgnoreCiphertext:
    """DryRunModifiers IGNORE_CIPHERTEXT (operations.md §8)."""

    def test_only_permission_is_asked_and_the_ciphertext_may_be_absent(self, kms):
        key = kms.key()
        for more in ({}, {"CiphertextBlob": b"broken"}):
            with refused("DryRunOperationException", DRY_RUN):
                kms.decrypt(
                    KeyId=key.id, DryRun=True, DryRunModifiers=["IGNORE_CIPHERTEXT"], **more
                )

    def test_the_key_has_to_be_named(self, kms):
        with refused("ValidationException"):
            kms.decrypt(DryRun=True, DryRunModifiers=["IGNORE_CIPHERTEXT"])
        with refused("NotFoundException", kms.no_key(UNKNOWN_KEY)):
            kms.decrypt(KeyId=UNKNOWN_KEY, DryRun=True, DryRunModifiers=["IGNORE_CIPHERTEXT"])

    def test_without_a_dry_run_the_ciphertext_is_required(self, kms):
        with invalid(null("ciphertextBlob")):
            kms.decrypt(KeyId=kms.key().id, DryRunModifiers=["IGNORE_CIPHERTEXT"])

    def test_there_is_no_other_modifier(self, kms):
        with refused("ValidationException", part("at 'dryRunModifiers' failed to satisfy")):
            kms.decrypt(CiphertextBlob=b"x", DryRun=True, DryRunModifiers=["PLEASE"])


# --- Asymmetric keys ------------------------------------------------------------------------------

RSA = {"EncryptionAlgorithm": "RSAES_OAEP_SHA_256"}


@pytest.mark.parametrize(("spec", "algorithm"), OAEP)
def test_what_was_encrypted_with_the_public_key_elsewhere_decrypts(kms, spec, algorithm):
    key = the_key(kms, spec, "ENCRYPT_DECRYPT")
    blob = public_key(kms, key).encrypt(b"from elsewhere", oaep(algorithm))
    answer = kms.decrypt(KeyId=key.id, CiphertextBlob=blob, EncryptionAlgorithm=algorithm)
    assert body_of(answer) == {
        "KeyId": key.arn,
        "Plaintext": b"from elsewhere",
        "EncryptionAlgorithm": algorithm,
    }


def test_what_was_encrypted_under_sm2_elsewhere_decrypts(kms):
    kms = at_home(kms, "SM2")
    key = the_key(kms, "SM2", "ENCRYPT_DECRYPT")
    point = sm2_point(kms.get_public_key(KeyId=key.id)["PublicKey"])
    for plaintext in (b"x", b"p" * 1024):
        blob = sm2_encrypt(point, plaintext)
        call = {"KeyId": key.id, "EncryptionAlgorithm": "SM2PKE"}
        assert kms.decrypt(CiphertextBlob=blob, **call)["Plaintext"] == plaintext
        changed = bytearray(blob)
        changed[-1] ^= 1
        with refused("InvalidCiphertextException", None):
            kms.decrypt(CiphertextBlob=bytes(changed), **call)


@pytest.mark.parametrize("spec", MODULUS)
def test_a_wrong_rsa_ciphertext_is_refused_without_a_message(kms, spec):
    key = the_key(kms, spec, "ENCRYPT_DECRYPT")
    blob = kms.encrypt(KeyId=key.id, Plaintext=b"x", **RSA)["CiphertextBlob"]
    other = kms.encrypt(
        KeyId=key.id, Plaintext=b"x", EncryptionAlgorithm="RSAES_OAEP_SHA_1"
    )["CiphertextBlob"]
    changed = bytearray(blob)
    changed[9] ^= 1
    for wrong in (
        bytes(changed), other, blob[:-1], blob + b"\x00", b"x", b"\x00" * len(blob),
        b"\xff" * len(blob), b"c" * 6144,
    ):  # fmt: skip
        for more in ({}, {"DryRun": True}):
            with refused("InvalidCiphertextException", None):
                kms.decrypt(KeyId=key.id, CiphertextBlob=wrong, **RSA, **more)


def test_an_asymmetric_ciphertext_names_no_key(kms):
    key = the_key(kms, "RSA_2048", "ENCRYPT_DECRYPT")
    blob = kms.encrypt(KeyId=key.id, Plaintext=b"x", **RSA)["CiphertextBlob"]
    with refused("ValidationException", "KeyId must not be null"):
        kms.decrypt(CiphertextBlob=blob, **RSA)
    # Without its algorithm it is taken for a symmetric one, whose blob is read first.
    for more in ({}, {"KeyId": key.id}):
        with refused("InvalidCiphertextException", None):
            kms.decrypt(CiphertextBlob=blob, **more)


def test_usage_state_algorithm_and_context_come_before_the_ciphertext(kms):
    wrong = {"CiphertextBlob": b"wrong", "EncryptionContext": {"a": "b"}}
    for usage, kind in USAGES.items():
        if usage != "ENCRYPT_DECRYPT":
            key = kms.key("Disabled", **kind)
            with refused(
                "InvalidKeyUsageException",
                f"{key.arn} key usage is {usage} which is not valid for Decrypt.",
            ):
                kms.decrypt(KeyId=key.id, **wrong, **RSA)
    key = kms.key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")
    sm2 = {"EncryptionAlgorithm": "SM2PKE"}
    kms.disable_key(KeyId=key.id)
    with refused("DisabledException", f"{key.arn} is disabled."):
        kms.decrypt(KeyId=key.id, **wrong, **sm2)
    kms.enable_key(KeyId=key.id)
    with refused(
        "InvalidKeyUsageException", "Algorithm SM2PKE is incompatible with key spec RSA_2048."
    ):
        kms.decrypt(KeyId=key.id, **wrong, **sm2)
    with refused(
        "ValidationException",
        "EncryptionContext is not supported when encrypting/decrypting with asymmetric CMKs.",
    ):
        kms.decrypt(KeyId=key.id, **wrong, **RSA)


def test_a_dry_run_under_an_asymmetric_key(kms):
    key = the_key(kms, "RSA_2048", "ENCRYPT_DECRYPT")
    blob = kms.encrypt(KeyId=key.id, Plaintext=b"x", **RSA)["CiphertextBlob"]
    with refused("DryRunOperationException", DRY_RUN):
        kms.decrypt(KeyId=key.id, CiphertextBlob=blob, DryRun=True, **RSA)
    for more in ({}, {"CiphertextBlob": b"broken"}):
        with refused("DryRunOperationException", DRY_RUN):
            kms.decrypt(
                KeyId=key.id, DryRun=True, DryRunModifiers=["IGNORE_CIPHERTEXT"], **RSA, **more
            )
