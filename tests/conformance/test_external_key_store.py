"""Keys in an external key store, from end to end (operations.md §3.1, §3.5; custody §4)."""

import base64
import concurrent.futures
import hashlib
import time
import urllib.request

import pytest
from key_stores import (
    MUTUAL,
    PATIENCE,
    PIN,
    SECRET,
    UNKNOWN_STORE,
    connect,
    describe,
    external,
    external_key,
    external_store,
    in_state,
    neither_rotates_nor_imports,
    no_store,
    settled,
)
from support import Server, account_of, part, refused, strongroom

CONTEXT = {"Department": "Engineering"}
INVALID = (
    "The external key store proxy rejected the request because the specified ciphertext or"
    " additional authenticated data is corrupted, missing, or otherwise invalid."
)
NOT_THE_API = "The external key store proxy did not answer as the XKS proxy API says."


@pytest.fixture
def store(owner, proxy):
    return external_store(owner)


def test_what_is_told_of_such_a_key(owner, store):
    key = external_key(owner, store, Description="outside")
    for metadata in (key.metadata, owner.describe_key(KeyId=key.id)["KeyMetadata"]):
        assert metadata["Origin"] == "EXTERNAL_KEY_STORE"
        assert metadata["CustomKeyStoreId"] == store
        assert metadata["XksKeyConfiguration"] == {"Id": "key-1"}
        assert metadata["KeySpec"] == "SYMMETRIC_DEFAULT"
        assert metadata["KeyState"] == "Enabled"
        assert metadata["MultiRegion"] is False
        assert "CloudHsmClusterId" not in metadata


def test_it_neither_rotates_nor_takes_imported_material(owner, store):
    key = external_key(owner, store)
    neither_rotates_nor_imports(owner, key)
    owner.disconnect_custom_key_store(CustomKeyStoreId=store)
    neither_rotates_nor_imports(owner, key)


def test_creating_asks_the_proxy_about_the_external_key(owner, proxy, store):
    proxy.requests()
    external_key(owner, store, "key_3.x")
    [asked] = proxy.requests()
    assert asked["path"] == "/kms/xks/v1/keys/key_3.x/metadata"
    metadata = asked["body"]["requestMetadata"]
    assert metadata["awsPrincipalArn"] == owner.root
    assert metadata["kmsOperation"] == "CreateKey"
    assert metadata["kmsRequestId"]


def test_both_layers_are_there(owner, proxy, store):
    key = external_key(owner, store)
    proxy.requests()
    blob = owner.encrypt(KeyId=key.id, Plaintext=b"attack at dawn", EncryptionContext=CONTEXT)
    blob = blob["CiphertextBlob"]
    assert owner.decrypt(CiphertextBlob=blob, EncryptionContext=CONTEXT)["Plaintext"] == (
        b"attack at dawn"
    )
    sealed, opened = proxy.requests()
    assert sealed["path"] == "/kms/xks/v1/keys/key-1/encrypt"
    assert opened["path"] == "/kms/xks/v1/keys/key-1/decrypt"
    assert sealed["body"]["requestMetadata"]["kmsKeyArn"] == key.arn
    assert sealed["body"]["encryptionAlgorithm"] == "AES_GCM"
    assert sealed["body"]["ciphertextDataIntegrityValueAlgorithm"] == "SHA_256"

    # docs/formats.md: suite 2; the proxy sees the inner layer and authenticates the header.
    assert blob[:5] == b"SRK\x01\x02"
    inner = base64.b64decode(sealed["body"]["plaintext"])
    assert len(inner) == len(b"attack at dawn") + 16
    assert b"attack" not in inner
    context = bytes.fromhex("00000001") + b"".join(
        len(text).to_bytes(4) + text for text in (b"Department", b"Engineering")
    )
    aad = blob[:100] + hashlib.sha256(context).digest()
    assert base64.b64decode(sealed["body"]["additionalAuthenticatedData"]) == aad
    assert blob[132:146] == b"\x0dkey_version=1"
    assert opened["body"]["ciphertextMetadata"] == base64.b64encode(b"key_version=1").decode()
    assert base64.b64decode(opened["body"]["ciphertext"]) == blob[-len(inner) :]


@pytest.mark.parametrize("size", [1, 4096])
def test_every_operation_that_such_a_key_has(owner, store, size):
    key = external_key(owner, store)
    plaintext = b"p" * size
    answer = owner.encrypt(KeyId=key.id, Plaintext=plaintext)
    assert len(answer["CiphertextBlob"]) <= 6144
    opened = owner.decrypt(CiphertextBlob=answer["CiphertextBlob"], KeyId=key.arn)
    assert opened["Plaintext"] == plaintext
    assert opened["KeyId"] == key.arn

    data_key = owner.generate_data_key(KeyId=key.id, KeySpec="AES_256")
    assert owner.decrypt(CiphertextBlob=data_key["CiphertextBlob"])["Plaintext"] == (
        data_key["Plaintext"]
    )
    blob = owner.generate_data_key_without_plaintext(KeyId=key.id, NumberOfBytes=7)
    assert len(owner.decrypt(CiphertextBlob=blob["CiphertextBlob"])["Plaintext"]) == 7

    own = owner.key()
    moved = owner.re_encrypt(CiphertextBlob=answer["CiphertextBlob"], DestinationKeyId=own.id)
    back = owner.re_encrypt(CiphertextBlob=moved["CiphertextBlob"], DestinationKeyId=key.id)
    assert owner.decrypt(CiphertextBlob=back["CiphertextBlob"])["Plaintext"] == plaintext


def test_a_ciphertext_opens_only_whole_and_in_its_context(owner, store):
    key = external_key(owner, store)
    blob = owner.encrypt(KeyId=key.id, Plaintext=b"x", EncryptionContext=CONTEXT)
    blob = blob["CiphertextBlob"]
    # What the proxy refuses is the state of the key, whatever the caller did.
    with refused("KMSInvalidStateException", INVALID):
        owner.decrypt(CiphertextBlob=blob)
    for at in (80, 133, 150, 170, len(blob) - 1):
        altered = blob[:at] + bytes([blob[at] ^ 1]) + blob[at + 1 :]
        with refused("KMSInvalidStateException", INVALID):
            owner.decrypt(CiphertextBlob=altered, EncryptionContext=CONTEXT)
    # What is no ciphertext at all is told before anybody is asked.
    for broken in (blob[:140], blob[:5] + b"\x09" + blob[6:], blob[:132] + b"\xff" + blob[133:]):
        with refused("InvalidCiphertextException", None):
            owner.decrypt(CiphertextBlob=broken, EncryptionContext=CONTEXT)
    # The commitment is the inner layer's.
    altered = blob[:100] + bytes([blob[100] ^ 1]) + blob[101:]
    with refused("InvalidCiphertextException", None):
        owner.decrypt(CiphertextBlob=altered, EncryptionContext=CONTEXT)


def test_the_same_external_key_under_another_key_opens_nothing(outside, owner, store):
    """Neither party alone can decrypt: our own half is each KMS key's own."""
    stranger = outside.server.service(account_of(f"stranger of {owner.account}"))
    theirs = external_key(stranger, external_store(stranger))
    blob = owner.encrypt(KeyId=external_key(owner, store).id, Plaintext=b"x")["CiphertextBlob"]
    with refused("IncorrectKeyException"):
        stranger.decrypt(CiphertextBlob=blob, KeyId=theirs.id)


USE_FAULTS = {
    "ValidationException": (400, NOT_THE_API),
    "InvalidStateException": (400, part("is not in a valid state for it.")),
    "InvalidCiphertextException": (400, INVALID),
    "InvalidKeyUsageException": (400, part("is not configured for this operation.")),
    "AuthenticationFailedException": (401, part("does not accept the proxy authentication")),
    "AccessDeniedException": (
        403, "The external key store proxy denied access to the operation."),
    "KeyNotFoundException": (404, part("could not find the external key.")),
    "InvalidUriPathException": (404, part("its URI path is not valid.")),
    "ThrottlingException": (429, part("because of its request rate.")),
    "InternalException": (500, part("because of an internal error.")),
    "UnsupportedOperationException": (501, part("does not support the requested operation.")),
    "DependencyTimeoutException": (503, part("did not respond to the external key store proxy")),
}  # fmt: skip


@pytest.mark.parametrize("name", USE_FAULTS)
def test_every_fault_is_the_state_of_the_key_to_whoever_uses_it(owner, proxy, store, name):
    status, message = USE_FAULTS[name]
    key = external_key(owner, store)
    blob = owner.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    rule = {"status": status, "error": name}
    proxy.misbehave(encrypt=rule, decrypt=rule)
    for use in (
        lambda: owner.encrypt(KeyId=key.id, Plaintext=b"x"),
        lambda: owner.decrypt(CiphertextBlob=blob),
        lambda: owner.generate_data_key(KeyId=key.id, KeySpec="AES_128"),
        lambda: owner.re_encrypt(CiphertextBlob=blob, DestinationKeyId=key.id),
    ):
        with refused("KMSInvalidStateException", message) as caught:
            use()
        assert "words of the proxy alone" not in str(caught.value)
    # Nothing is remembered of it.
    proxy.behave()
    assert owner.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def b64(length):
    return base64.b64encode(bytes(length)).decode()


@pytest.mark.parametrize(
    "change, message",
    [
        ({"ciphertextDataIntegrityValue": None}, NOT_THE_API),
        ({"ciphertextDataIntegrityValue": b64(32)}, part("data integrity value does not match")),
        ({"authenticationTag": b64(16)}, part("data integrity value does not match")),
        ({"ciphertextMetadata": None}, part("data integrity value does not match")),
        ({"ciphertextMetadata": b64(21)}, NOT_THE_API),
        ({"ciphertext": b64(5)}, NOT_THE_API),
        ({"ciphertext": "not base64"}, NOT_THE_API),
        ({"ciphertext": 7}, NOT_THE_API),
        ({"initializationVector": b64(13)}, NOT_THE_API),
        ({"authenticationTag": b64(12)}, NOT_THE_API),
    ],
)
def test_an_outer_layer_is_taken_only_whole(owner, proxy, store, change, message):
    key = external_key(owner, store)
    proxy.misbehave(encrypt={"change": change})
    with refused("KMSInvalidStateException", message):
        owner.encrypt(KeyId=key.id, Plaintext=b"x")


def test_an_inner_layer_that_is_not_ours_opens_nothing(owner, proxy, store):
    key = external_key(owner, store)
    blob = owner.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    proxy.misbehave(decrypt={"change": {"plaintext": b64(17)}})
    with refused("InvalidCiphertextException", None):
        owner.decrypt(CiphertextBlob=blob)
    for short in (b64(16), "", None, "?"):
        proxy.misbehave(decrypt={"change": {"plaintext": short}})
        with refused("KMSInvalidStateException", NOT_THE_API):
            owner.decrypt(CiphertextBlob=blob)


def test_a_slow_proxy_and_one_that_hangs_up(owner, proxy):
    store = external_store(owner, XksProxyUriEndpoint=PATIENCE)
    key = external_key(owner, store)
    proxy.misbehave(encrypt={"delay": 1.0})
    with refused("KMSInvalidStateException", part("did not respond to the request in time.")):
        owner.encrypt(KeyId=key.id, Plaintext=b"x")
    proxy.misbehave(encrypt={"hang_up": True})
    with refused("KMSInvalidStateException", part("could not be reached.")):
        owner.encrypt(KeyId=key.id, Plaintext=b"x")


CREATE_FAULTS = {
    "ValidationException": (400, "CustomKeyStoreInvalidStateException"),
    "InvalidStateException": (400, "XksKeyInvalidConfigurationException"),
    "InvalidKeyUsageException": (400, "XksKeyInvalidConfigurationException"),
    "AuthenticationFailedException": (401, "CustomKeyStoreInvalidStateException"),
    "AccessDeniedException": (403, "KMSInvalidStateException"),
    "KeyNotFoundException": (404, "XksKeyNotFoundException"),
    "InvalidUriPathException": (404, "CustomKeyStoreInvalidStateException"),
    "ThrottlingException": (429, "CustomKeyStoreInvalidStateException"),
    "InternalException": (500, "CustomKeyStoreInvalidStateException"),
    "UnsupportedOperationException": (501, "XksKeyInvalidConfigurationException"),
    "DependencyTimeoutException": (503, "CustomKeyStoreInvalidStateException"),
}


@pytest.mark.parametrize("name", CREATE_FAULTS)
def test_faults_while_a_key_is_created(owner, proxy, store, name):
    status, code = CREATE_FAULTS[name]
    proxy.misbehave(metadata={"status": status, "error": name})
    with refused(code):
        external_key(owner, store)
    assert owner.list_keys()["Keys"] == []


@pytest.mark.parametrize(
    "xks_key, message",
    [
        ("rsa", "External key rsa is not a 256-bit AES key."),
        ("encrypt-only", "External key encrypt-only is not configured to encrypt and decrypt."),
        ("disabled", "External key disabled is not enabled."),
    ],
)
def test_an_external_key_has_to_be_fit(owner, store, xks_key, message):
    with refused("XksKeyInvalidConfigurationException", message):
        external_key(owner, store, xks_key)


def test_an_external_key_has_to_be_there_and_free(owner, store):
    with refused("XksKeyNotFoundException", part("could not find the external key.")):
        external_key(owner, store, "no-such-key")
    external_key(owner, store)
    message = "External key key-1 is already used by another KMS key of the custom key store."
    with refused("XksKeyAlreadyInUseException", message):
        external_key(owner, store)


def test_what_cannot_be_in_a_store(owner, proxy, store):
    def create(**parameters):
        owner.create_key(
            **{"Origin": "EXTERNAL_KEY_STORE", "CustomKeyStoreId": store, "XksKeyId": "key-1"}
            | parameters
        )

    with refused(
        "UnsupportedOperationException",
        "A multi-Region key is not supported in a custom key store.",
    ):
        create(MultiRegion=True)
    for spec, usage in {"RSA_2048": "SIGN_VERIFY", "HMAC_256": "GENERATE_VERIFY_MAC"}.items():
        message = f"KeySpec {spec} is not supported in a custom key store."
        with refused("UnsupportedOperationException", message):
            create(KeySpec=spec, KeyUsage=usage)
    key = external_key(owner, store, "key-2")
    message = "A data key pair is not supported in a custom key store."
    for pair in (owner.generate_data_key_pair, owner.generate_data_key_pair_without_plaintext):
        with refused("UnsupportedOperationException", message):
            pair(KeyId=key.id, KeyPairSpec="ECC_NIST_P256")
    with refused("CustomKeyStoreNotFoundException", no_store(UNKNOWN_STORE)):
        create(CustomKeyStoreId=UNKNOWN_STORE)
    message = f"Origin AWS_CLOUDHSM does not match the type of custom key store {store}."
    with refused("ValidationException", message):
        owner.create_key(Origin="AWS_CLOUDHSM", CustomKeyStoreId=store)
    for origin in ("AWS_KMS", "EXTERNAL"):
        message = f"CustomKeyStoreId is not valid for Origin {origin}."
        with refused("ValidationException", message):
            owner.create_key(Origin=origin, CustomKeyStoreId=store)
    for origin in ("AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"):
        message = f"CustomKeyStoreId is required for Origin {origin}."
        with refused("ValidationException", message):
            owner.create_key(Origin=origin)
    message = "XksKeyId is required for Origin EXTERNAL_KEY_STORE."
    with refused("ValidationException", message):
        owner.create_key(Origin="EXTERNAL_KEY_STORE", CustomKeyStoreId=store)
    message = "XksKeyId is valid only for Origin EXTERNAL_KEY_STORE."
    with refused("ValidationException", message):
        owner.create_key(XksKeyId="key-1")
    message = "GenerateRandom is not supported for an external key store."
    with refused("UnsupportedOperationException", message):
        owner.generate_random(NumberOfBytes=1, CustomKeyStoreId=store)
    owner.disconnect_custom_key_store(CustomKeyStoreId=store)
    with refused("CustomKeyStoreInvalidStateException", in_state(store, "DISCONNECTED")):
        create()


def test_a_dry_run_does_not_encrypt_outside(owner, proxy, store):
    key = external_key(owner, store)
    proxy.requests()
    with refused("DryRunOperationException"):
        owner.encrypt(KeyId=key.id, Plaintext=b"x", DryRun=True)
    assert proxy.requests() == []


def test_connections_are_used_again(owner, proxy, store):
    key = external_key(owner, store)
    owner.encrypt(KeyId=key.id, Plaintext=b"x")
    before = proxy.connections()
    for _ in range(20):
        owner.encrypt(KeyId=key.id, Plaintext=b"x")
    assert proxy.connections() == before


def test_many_at_once(owner, proxy, store):
    key = external_key(owner, store)

    def use(at):
        blob = owner.encrypt(KeyId=key.id, Plaintext=b"%d" % at)["CiphertextBlob"]
        return owner.decrypt(CiphertextBlob=blob)["Plaintext"] == b"%d" % at

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        assert all(pool.map(use, range(100)))


def test_it_all_outlives_the_server(outside, proxy):
    server = outside.start("restarted")
    kms = server.service(account_of("restarted"))
    store = kms.create_custom_key_store(**external(XksProxyUriEndpoint=MUTUAL))
    store = store["CustomKeyStoreId"]
    connect(kms, store)
    key = external_key(kms, store)
    blob = kms.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    server.kill()

    with outside.start("restarted") as server:
        kms = server.service(account_of("restarted"))
        assert describe(kms, store)["ConnectionState"] == "CONNECTED"
        assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
        # An attempt that the end of its process interrupts goes on in the next one.
        kms.disconnect_custom_key_store(CustomKeyStoreId=store)
        proxy.misbehave(health={"delay": 3.0})
        kms.connect_custom_key_store(CustomKeyStoreId=store)
        assert describe(kms, store)["ConnectionState"] == "CONNECTING"
        server.kill()
        proxy.behave()
    with outside.start("restarted") as server:
        kms = server.service(account_of("restarted"))
        assert settled(kms, store)["ConnectionState"] == "CONNECTED"
        assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def eventually(holds, seconds=20):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.05)


def test_proxies_of_connected_stores_are_asked_whether_they_are_well(outside, proxy):
    with outside.start(
        "health", "--key-store-health-seconds", "1", "--metrics-listen", "127.0.0.1:0"
    ) as server:
        kms = server.service(account_of("health"))
        store = external_store(kms)
        # One that is not connected is left alone.
        kms.create_custom_key_store(**external(XksProxyUriEndpoint=MUTUAL))

        def asked():
            return [
                told["body"]["requestMetadata"]
                for told in proxy.requests()
                if told["body"]["requestMetadata"].get("kmsOperation") == "KmsHealthCheck"
            ]

        def counted(well, unwell):
            with urllib.request.urlopen(f"{server.printed('metrics')}", timeout=5) as page:
                lines = page.read().decode().splitlines()
            told = {f'strongroom_external_key_stores{{health="{name}"}} {count}'
                    for name, count in (("well", well), ("unwell", unwell))}  # fmt: skip
            return told <= set(lines)

        eventually(lambda: counted(1, 0))
        told = asked()
        assert told and all(set(about) == {"kmsRequestId", "kmsOperation"} for about in told)
        proxy.misbehave(health={"status": 500, "error": "InternalException"})
        eventually(lambda: counted(0, 1))
        assert "an external key store is not well" in server.stderr
        # The state is no statement of health, and calls go on asking.
        assert describe(kms, store)["ConnectionState"] == "CONNECTED"
        key = external_key(kms, store)
        kms.encrypt(KeyId=key.id, Plaintext=b"x")
        proxy.behave()
        eventually(lambda: counted(1, 0))
        kms.disconnect_custom_key_store(CustomKeyStoreId=store)
        eventually(lambda: counted(0, 0))
        proxy.requests()
        time.sleep(2.5)
        assert asked() == []


def test_a_key_that_is_gone_leaves_its_store(outside, proxy, tmp_path):
    with Server.dev(
        tmp_path / "data", "--key-stores", outside.settings, environment=outside.environment
    ) as server:
        kms = server.service()
        store = external_store(kms)
        key = external_key(kms, store)
        kms.schedule_key_deletion(KeyId=key.id, PendingWindowInDays=7)
        strongroom("clock", "advance", "8d", "--data-dir", server.data_dir)
        again = external_key(kms, store)
        kms.schedule_key_deletion(KeyId=again.id, PendingWindowInDays=7)
        strongroom("clock", "advance", "8d", "--data-dir", server.data_dir)
        kms.disconnect_custom_key_store(CustomKeyStoreId=store)
        kms.delete_custom_key_store(CustomKeyStoreId=store)


def test_no_secret_is_written_down(outside, owner, proxy, store):
    key = external_key(owner, store)
    owner.encrypt(KeyId=key.id, Plaintext=b"a very distinctive plaintext")
    for path in outside.server.data_dir.rglob("*"):
        if path.is_file():
            held = path.read_bytes()
            for secret in (SECRET, "a very distinctive plaintext"):
                assert secret.encode() not in held, path
    assert SECRET not in outside.server.stderr
    assert PIN not in outside.server.stderr
