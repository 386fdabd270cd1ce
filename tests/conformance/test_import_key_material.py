"""ImportKeyMaterial (operations.md §3.7, §6.2; custody-and-audit.md §3)."""

import datetime
import hmac
import json
import os

import pytest
import srk
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from imports import (
    FOR_EVER,
    OnImportedKeys,
    import_material,
    imported,
    oaep,
    origin,
    parameters,
    prepared,
    wrap,
)
from key_specs import EC, HMAC, MODULUS, SPECS
from support import (
    ACCOUNT,
    IS_PENDING_DELETION,
    OK,
    KeyOnlyReference,
    KeyStates,
    Server,
    at_least,
    at_most,
    bad,
    body_of,
    hidden,
    invalid,
    journal,
    matching,
    null,
    one_of_shape,
    part,
    refused,
    strongroom,
)

MATERIAL = bytes(range(32))


def soon(**span):
    return datetime.datetime.now(datetime.UTC) + datetime.timedelta(**(span or {"days": 1}))


class TestImportKeyMaterial(OnImportedKeys, KeyOnlyReference, KeyStates):
    states = {
        "Enabled": OK,
        "Disabled": OK,
        "PendingDeletion": IS_PENDING_DELETION,
        "PendingImport": OK,
    }

    def prepare(self, kms, key):
        return prepared(kms, key.id, b"m" * 32)

    def call(self, kms, key, given):
        return kms.import_key_material(**given | {"KeyId": key}, **FOR_EVER)


def test_the_key_is_enabled_and_knows_its_material(kms):
    key = kms.key("PendingImport")
    answer = body_of(import_material(kms, key.id, MATERIAL))
    metadata = kms.describe_key(KeyId=key.id)["KeyMetadata"]
    assert answer == {"KeyId": key.arn, "KeyMaterialId": metadata["CurrentKeyMaterialId"]}
    assert metadata == key.metadata | {
        "KeyState": "Enabled",
        "Enabled": True,
        "CurrentKeyMaterialId": answer["KeyMaterialId"],
        "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE",
    }
    # The published identifiers of dev make the id a function of key and material.
    assert answer["KeyMaterialId"] == srk.material_id(kms.account, key.id, MATERIAL).hex()
    blob = kms.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    assert srk.open_(blob, kms.account, key.id, MATERIAL) == b"x"
    assert kms.decrypt(CiphertextBlob=srk.seal(kms.account, key.id, MATERIAL, b"y"))["Plaintext"] == b"y"


@pytest.mark.parametrize("spec", ["RSA_2048", "RSA_3072", "RSA_4096"])
@pytest.mark.parametrize(
    "algorithm",
    ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256", "RSA_AES_KEY_WRAP_SHA_1", "RSA_AES_KEY_WRAP_SHA_256"],
)
def test_every_way_of_wrapping(kms, algorithm, spec):
    key = kms.key("PendingImport")
    kms.import_key_material(**prepared(kms, key.id, MATERIAL, algorithm, spec), **FOR_EVER)
    blob = kms.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    assert srk.open_(blob, kms.account, key.id, MATERIAL) == b"x"


def test_only_keys_whose_material_comes_from_outside(kms):
    key, external = kms.key(), kms.key("PendingImport")
    code, message = origin(key.arn, "AWS_KMS")
    with refused(code, message):
        kms.import_key_material(**prepared(kms, external.id, MATERIAL) | {"KeyId": key.id}, **FOR_EVER)


# --- Expiry --------------------------------------------------------------------------------------


def test_expiry_is_told(kms):
    until = soon(days=10).replace(microsecond=0)
    for more in ({}, {"ExpirationModel": "KEY_MATERIAL_EXPIRES"}):
        key, _ = imported(kms, ValidTo=until, **more)
        metadata = kms.describe_key(KeyId=key.id)["KeyMetadata"]
        assert metadata["ExpirationModel"] == "KEY_MATERIAL_EXPIRES"
        assert metadata["ValidTo"] == until
    import_material(kms, key.id, kms_material := os.urandom(32), ImportType="NEW_KEY_MATERIAL",
                    ValidTo=soon(days=5))  # fmt: skip
    # What waits for its rotation is not permanent yet.
    assert kms.describe_key(KeyId=key.id)["KeyMetadata"]["ValidTo"] == until
    kms.rotate_key_on_demand(KeyId=key.id)
    assert kms.describe_key(KeyId=key.id)["KeyMetadata"]["ValidTo"] < until
    import_material(kms, key.id, kms_material)
    assert kms.describe_key(KeyId=key.id)["KeyMetadata"]["ValidTo"] == until


def test_expiry_that_contradicts_itself_is_refused(kms):
    key = kms.key("PendingImport")
    given = prepared(kms, key.id, MATERIAL)
    must = "A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES"
    for asked, message in (
        ({}, must),
        ({"ExpirationModel": "KEY_MATERIAL_EXPIRES"}, must),
        ({"ValidTo": soon(days=-1)}, "ValidTo must be in the future"),
        ({"ValidTo": soon(days=366)}, "ValidTo must be within 365 days from now"),
        (FOR_EVER | {"ValidTo": soon()},
         "A validTo date must not be set if the ExpirationModel is KEY_MATERIAL_DOES_NOT_EXPIRE"),
    ):  # fmt: skip
        with refused("ValidationException", message):
            kms.import_key_material(**given, **asked)
    kms.import_key_material(**given, ValidTo=soon(days=364))


def test_material_expires_by_the_clock(tmp_path):
    with Server.dev(tmp_path / "data") as server:
        kms = server.service()
        advance = lambda span: strongroom("clock", "advance", span, "--data-dir", server.data_dir)  # noqa: E731
        key, material = imported(kms, MATERIAL, ValidTo=soon(days=10))
        late = prepared(kms, key.id, MATERIAL)
        blob = kms.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
        advance("9d")
        with refused("ExpiredImportTokenException", None):
            kms.import_key_material(**late, **FOR_EVER)
        assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
        advance("25h")
        for call in (
            lambda: kms.decrypt(CiphertextBlob=blob),
            lambda: kms.decrypt(CiphertextBlob=blob, KeyId=key.id),
            lambda: kms.encrypt(KeyId=key.id, Plaintext=b"x"),
        ):
            with refused("KMSInvalidStateException", f"{key.arn} is pending import."):
                call()
        metadata = kms.describe_key(KeyId=key.id)["KeyMetadata"]
        assert metadata == key.metadata | {"CurrentKeyMaterialId": material}
        [event] = [
            entry for entry in map(json.loads, journal(server.data_dir))
            if entry["eventName"] == "DeleteExpiredKeyMaterial"
        ]  # fmt: skip
        assert event["serviceEventDetails"] == {"keyId": key.id, "keyMaterialId": material}
        with refused("IncorrectKeyMaterialException", None):
            import_material(kms, key.id, os.urandom(32))
        import_material(kms, key.id, MATERIAL)
        assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
    strongroom("store", "verify", "--data-dir", tmp_path / "data", "--seal", f"key-file={tmp_path}/data/seal.key")


# --- Tokens and wrapping -------------------------------------------------------------------------


def test_a_token_is_for_one_import_into_one_key(kms):
    key, other = kms.key("PendingImport"), kms.key("PendingImport")
    given = prepared(kms, key.id, MATERIAL)
    with refused("InvalidImportTokenException", None):
        kms.import_key_material(**given | {"KeyId": other.id}, **FOR_EVER)
    for token in (b"x", b"\0" * 103, given["ImportToken"][:-1], given["ImportToken"] + b"\0"):
        with refused("InvalidImportTokenException", None):
            kms.import_key_material(**given | {"ImportToken": token}, **FOR_EVER)
    kms.import_key_material(**given, **FOR_EVER)
    with refused("InvalidImportTokenException", None):
        kms.import_key_material(**given, **FOR_EVER)


def test_several_tokens_may_be_outstanding(kms):
    key = kms.key("PendingImport")
    first, second = prepared(kms, key.id, MATERIAL), prepared(kms, key.id, MATERIAL)
    kms.import_key_material(**second, **FOR_EVER)
    kms.import_key_material(**first, **FOR_EVER)


def test_what_does_not_unwrap_is_an_invalid_ciphertext(kms):
    key = kms.key("PendingImport")
    given, other = parameters(kms, key.id), parameters(kms, key.id)
    token = {"KeyId": key.id, "ImportToken": given["ImportToken"], **FOR_EVER}
    right = wrap(given["PublicKey"], "RSAES_OAEP_SHA_256", MATERIAL)
    for wrong in (
        wrap(other["PublicKey"], "RSAES_OAEP_SHA_256", MATERIAL),
        wrap(given["PublicKey"], "RSAES_OAEP_SHA_1", MATERIAL),
        wrap(given["PublicKey"], "RSA_AES_KEY_WRAP_SHA_256", MATERIAL),
        right[:-1],
        right + b"\0",
        b"x",
        MATERIAL,
    ):
        with refused("InvalidCiphertextException", None):
            kms.import_key_material(**token, EncryptedKeyMaterial=wrong)
    kms.import_key_material(**token, EncryptedKeyMaterial=right)


def test_an_aes_key_that_wraps_has_256_bits(kms):
    from cryptography.hazmat.primitives.keywrap import aes_key_wrap_with_padding

    key = kms.key("PendingImport")
    algorithm = "RSA_AES_KEY_WRAP_SHA_256"
    given = parameters(kms, key.id, algorithm)
    token = {"KeyId": key.id, "ImportToken": given["ImportToken"], **FOR_EVER}
    for length in (16, 24):
        kek = os.urandom(length)
        wrong = oaep(given["PublicKey"], algorithm, kek) + aes_key_wrap_with_padding(kek, MATERIAL)
        with refused("InvalidCiphertextException", None):
            kms.import_key_material(**token, EncryptedKeyMaterial=wrong)
    right = wrap(given["PublicKey"], algorithm, MATERIAL)
    altered = right[:-1] + bytes([right[-1] ^ 1])
    with refused("InvalidCiphertextException", None):
        kms.import_key_material(**token, EncryptedKeyMaterial=altered)
    kms.import_key_material(**token, EncryptedKeyMaterial=right)


@pytest.mark.parametrize("length", [1, 16, 31, 33, 64])
def test_symmetric_material_has_32_bytes(kms, length):
    key = kms.key("PendingImport")
    with refused("IncorrectKeyMaterialException", None):
        import_material(kms, key.id, b"m" * length)
    assert kms.state(key) == "PendingImport"


# --- Asymmetric and HMAC keys --------------------------------------------------------------------


def private_key(spec):
    if spec in MODULUS:
        return rsa.generate_private_key(65537, MODULUS[spec] * 8)
    return ec.generate_private_key(EC[spec])


def der(private):
    return private.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def spki(private):
    return private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def import_private(kms, key, material, algorithm="RSA_AES_KEY_WRAP_SHA_256"):
    return kms.import_key_material(**prepared(kms, key.id, material, algorithm), **FOR_EVER)


@pytest.mark.parametrize("spec", [*MODULUS, *EC])
def test_private_keys(kms, spec):
    key = kms.key("PendingImport", KeySpec=spec, KeyUsage="SIGN_VERIFY")
    private, other = private_key(spec), private_key(spec)
    assert body_of(import_private(kms, key, der(private))) == {"KeyId": key.arn}
    metadata = kms.describe_key(KeyId=key.id)["KeyMetadata"]
    assert metadata == key.metadata | {
        "KeyState": "Enabled", "Enabled": True, "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE",
    }  # fmt: skip
    assert kms.get_public_key(KeyId=key.id)["PublicKey"] == spki(private)
    (algorithm, *_) = SPECS[spec]["SIGN_VERIFY"]
    signed = {"KeyId": key.id, "Message": b"x", "SigningAlgorithm": algorithm}
    signature = kms.sign(**signed)["Signature"]
    # The first material is the key's for ever.
    assert body_of(kms.delete_imported_key_material(KeyId=key.id)) == {"KeyId": key.arn}
    with refused("KMSInvalidStateException", f"{key.arn} is pending import."):
        kms.verify(**signed, Signature=signature)
    with refused("IncorrectKeyMaterialException", None):
        import_private(kms, key, der(other))
    import_private(kms, key, der(private), "RSA_AES_KEY_WRAP_SHA_1")
    assert kms.verify(**signed, Signature=signature)["SignatureValid"] is True
    assert kms.get_key_last_usage(KeyId=key.id)["KeyLastUsage"]["Operation"] == "Verify"


def test_elliptic_curve_keys_directly_under_oaep(kms):
    for spec, algorithm in (
        ("ECC_NIST_P256", "RSAES_OAEP_SHA_1"), ("ECC_NIST_P384", "RSAES_OAEP_SHA_256"),
        ("ECC_SECG_P256K1", "RSAES_OAEP_SHA_256"),
    ):  # fmt: skip
        key = kms.key("PendingImport", KeySpec=spec, KeyUsage="SIGN_VERIFY")
        private = private_key(spec)
        import_private(kms, key, der(private), algorithm)
        assert kms.get_public_key(KeyId=key.id)["PublicKey"] == spki(private)


@pytest.mark.parametrize(("spec", "length"), HMAC.items())
def test_hmac_keys(kms, spec, length):
    key = kms.key("PendingImport", KeySpec=spec, KeyUsage="GENERATE_VERIFY_MAC")
    for wrong in (length - 1, length + 1, 128):
        with refused("IncorrectKeyMaterialException", None):
            import_private(kms, key, b"m" * wrong, "RSAES_OAEP_SHA_256")
    secret = os.urandom(length)
    assert body_of(import_private(kms, key, secret, "RSAES_OAEP_SHA_256")) == {"KeyId": key.arn}
    algorithm = spec.replace("HMAC_", "HMAC_SHA_")
    mac = kms.generate_mac(KeyId=key.id, Message=b"x", MacAlgorithm=algorithm)["Mac"]
    assert mac == hmac.digest(secret, b"x", "sha" + spec.removeprefix("HMAC_"))
    assert "CurrentKeyMaterialId" not in kms.describe_key(KeyId=key.id)["KeyMetadata"]


def test_a_private_key_of_another_kind_is_refused(kms):
    for spec, wrong in (
        ("ECC_NIST_P256", "ECC_NIST_P384"), ("ECC_NIST_P256", "ECC_SECG_P256K1"),
        ("ECC_NIST_P384", "RSA_2048"), ("RSA_2048", "RSA_3072"), ("RSA_2048", "ECC_NIST_P256"),
    ):  # fmt: skip
        key = kms.key("PendingImport", KeySpec=spec, KeyUsage="SIGN_VERIFY")
        with refused("IncorrectKeyMaterialException", None):
            import_private(kms, key, der(private_key(wrong)))
        for nonsense in (b"x" * 32, der(private_key(spec)) + b"\0", der(private_key(spec))[:-1]):
            with refused("IncorrectKeyMaterialException", None):
                import_private(kms, key, nonsense)
        assert kms.state(key) == "PendingImport"


def test_what_only_symmetric_keys_have_is_refused_for_others(kms):
    key = kms.key("PendingImport", KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
    given = prepared(kms, key.id, b"m" * 32)
    for more in (
        {"ImportType": "NEW_KEY_MATERIAL"}, {"ImportType": "EXISTING_KEY_MATERIAL"},
        {"KeyMaterialDescription": "mine"}, {"KeyMaterialId": "0" * 64},
    ):  # fmt: skip
        with refused("ValidationException", part(f"{next(iter(more))} is supported only for")):
            kms.import_key_material(**given, **FOR_EVER, **more)


def test_an_asymmetric_key_has_no_rotation(kms):
    key = kms.key("PendingImport", KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    with refused("KMSInvalidStateException", f"{key.arn} is pending import."):
        kms.rotate_key_on_demand(KeyId=key.id)
    import_private(kms, key, der(private_key("ECC_NIST_P256")))
    with refused("UnsupportedOperationException", None):
        kms.rotate_key_on_demand(KeyId=key.id)


# --- Which material ------------------------------------------------------------------------------


def test_the_same_material_again_may_change_its_expiry_and_keeps_its_description(kms):
    key = kms.key("PendingImport")
    material = import_material(kms, key.id, MATERIAL, KeyMaterialDescription="mine")["KeyMaterialId"]
    for more in ({}, {"ImportType": "EXISTING_KEY_MATERIAL"}, {"KeyMaterialId": material}):
        answer = import_material(kms, key.id, MATERIAL, ValidTo=soon(), **more)
        assert answer["KeyMaterialId"] == material
    [entry] = kms.list_key_rotations(KeyId=key.id, IncludeKeyMaterial="ALL_KEY_MATERIAL")["Rotations"]
    assert entry["KeyMaterialDescription"] == "mine"
    assert entry["ExpirationModel"] == "KEY_MATERIAL_EXPIRES"
    import_material(kms, key.id, MATERIAL, KeyMaterialDescription="ours")
    [entry] = kms.list_key_rotations(KeyId=key.id, IncludeKeyMaterial="ALL_KEY_MATERIAL")["Rotations"]
    assert entry["KeyMaterialDescription"] == "ours"


def test_other_material_than_was_expected_is_refused(kms):
    key, material = imported(kms, MATERIAL)
    fresh = kms.key("PendingImport")
    for given, bytes_, more in (
        (key, os.urandom(32), {}),
        (key, os.urandom(32), {"ImportType": "EXISTING_KEY_MATERIAL"}),
        (key, MATERIAL, {"ImportType": "NEW_KEY_MATERIAL"}),
        (key, MATERIAL, {"KeyMaterialId": "0" * 64}),
        (key, os.urandom(32), {"KeyMaterialId": material}),
        (fresh, MATERIAL, {"ImportType": "EXISTING_KEY_MATERIAL"}),
    ):
        with refused("IncorrectKeyMaterialException", None):
            import_material(kms, given.id, bytes_, **more)
    assert kms.state(fresh) == "PendingImport"


def test_an_id_is_of_existing_material(kms):
    key, material = imported(kms, MATERIAL)
    with refused("ValidationException"):
        import_material(kms, key.id, os.urandom(32), KeyMaterialId=material, ImportType="NEW_KEY_MATERIAL")


def test_one_further_material_waits_at_a_time(kms):
    key, first = imported(kms, MATERIAL)
    new = {"ImportType": "NEW_KEY_MATERIAL"}
    second = import_material(kms, key.id, b"2" * 32, **new)["KeyMaterialId"]
    assert kms.describe_key(KeyId=key.id)["KeyMetadata"]["CurrentKeyMaterialId"] == first
    third = srk.material_id(kms.account, key.id, b"3" * 32).hex()
    with refused(
        "KMSInvalidStateException",
        f"New key material (id: {third}) cannot be imported into KMS key {key.arn}, because "
        f"another key material (id: {second}) is pending rotation.",
    ):
        import_material(kms, key.id, b"3" * 32, **new)
    # It may be deleted and replaced.
    kms.delete_imported_key_material(KeyId=key.id, KeyMaterialId=second)
    assert kms.state(key) == "Enabled"
    assert import_material(kms, key.id, b"3" * 32, **new)["KeyMaterialId"] == third


def test_a_key_works_while_all_its_materials_are_there(kms):
    key, first = imported(kms, b"1" * 32)
    under_first = kms.encrypt(KeyId=key.id, Plaintext=b"1")["CiphertextBlob"]
    second = import_material(kms, key.id, b"2" * 32, ImportType="NEW_KEY_MATERIAL")["KeyMaterialId"]
    kms.rotate_key_on_demand(KeyId=key.id)
    under_second = kms.encrypt(KeyId=key.id, Plaintext=b"2")["CiphertextBlob"]
    for material in (first, second):
        kms.delete_imported_key_material(KeyId=key.id, KeyMaterialId=material)
    import_material(kms, key.id, b"2" * 32)
    for blob in (under_first, under_second):
        with refused("KMSInvalidStateException", f"{key.arn} is pending import."):
            kms.decrypt(CiphertextBlob=blob)
    import_material(kms, key.id, b"1" * 32)
    assert kms.decrypt(CiphertextBlob=under_first)["KeyMaterialId"] == first
    assert kms.decrypt(CiphertextBlob=under_second)["KeyMaterialId"] == second


def test_a_disabled_key_stays_disabled(kms):
    key, _ = imported(kms, MATERIAL)
    kms.disable_key(KeyId=key.id)
    import_material(kms, key.id, MATERIAL)
    assert kms.state(key) == "Disabled"


def test_a_seeded_key_takes_no_other_material(tmp_path):
    import base64

    import yaml

    key = "1234abcd-12ab-34cd-56ef-1234567890ab"
    content = {"id": key, "origin": "EXTERNAL",
               "key_material": [base64.b64encode(m).decode() for m in (b"1" * 32, b"2" * 32)]}  # fmt: skip
    rotating = {"id": "0f1e2d3c-4b5a-4968-8776-655443322110", "rotation_period_in_days": 100}
    seed = {"accounts": {ACCOUNT: {"regions": {"us-east-1": {"keys": [content, rotating]}}}}}
    (tmp_path / "seed.yaml").write_text(yaml.safe_dump(seed))
    for _ in range(2):
        with Server.dev(tmp_path / "data", "--seed", tmp_path / "seed.yaml") as server:
            kms = server.service()
            metadata = kms.describe_key(KeyId=key)["KeyMetadata"]
            assert metadata["KeyState"] == "Enabled"
            assert metadata["ExpirationModel"] == "KEY_MATERIAL_DOES_NOT_EXPIRE"
            first, second = kms.list_key_rotations(KeyId=key, IncludeKeyMaterial="ALL_KEY_MATERIAL")[
                "Rotations"
            ]
            assert first["KeyMaterialId"] == srk.material_id(ACCOUNT, key, b"1" * 32).hex()
            assert second["KeyMaterialId"] == metadata["CurrentKeyMaterialId"]
            assert second["RotationType"] == "ON_DEMAND"
            old = srk.seal(ACCOUNT, key, b"1" * 32, b"x")
            assert kms.decrypt(CiphertextBlob=old)["Plaintext"] == b"x"
            with refused("IncorrectKeyMaterialException", None):
                import_material(kms, key, b"3" * 32)
            import_material(kms, key, b"1" * 32)
            status = kms.get_key_rotation_status(KeyId=rotating["id"])
            assert status["RotationPeriodInDays"] == 100


# --- Constraints ---------------------------------------------------------------------------------


def test_the_constraints(kms):
    key = kms.key("PendingImport")
    right = {"KeyId": key.id, "ImportToken": b"x", "EncryptedKeyMaterial": b"x", **FOR_EVER}
    pattern = r"^[a-zA-Z0-9:/_\s.-]+$"
    for asked, item in (
        ({"ImportToken": b"x" * 6145}, hidden("importToken", at_most(6144))),
        ({"EncryptedKeyMaterial": b"x" * 6145}, hidden("encryptedKeyMaterial", at_most(6144))),
        ({"EncryptedKeyMaterial": b""}, hidden("encryptedKeyMaterial", at_least(1))),
        ({"ExpirationModel": "NEVER"}, bad("expirationModel", "NEVER", one_of_shape("ExpirationModelType"))),
        ({"ImportType": "OLD"}, bad("importType", "OLD", one_of_shape("ImportType"))),
        ({"KeyMaterialDescription": "d" * 257}, bad("keyMaterialDescription", "d" * 257, at_most(256))),
        ({"KeyMaterialDescription": "é"}, bad("keyMaterialDescription", "é", matching(pattern))),
    ):  # fmt: skip
        with invalid(item):
            kms.import_key_material(**right | asked)
    with invalid(null("keyId"), null("importToken"), null("encryptedKeyMaterial")):
        kms.import_key_material()
