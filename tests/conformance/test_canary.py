"""No secret is in any log, journal line, error or file (SECURITY.md, "What is promised").

Distinctive secrets go in by every road that takes one, through calls that succeed and calls that
fail, with the log at its loudest. Then every byte that the server wrote anywhere is searched for
pieces of them, in any encoding that a careless line of code could have chosen. Encryption contexts
are no secrets.
"""

import base64
import json
import pathlib
import secrets
import urllib.parse

import pytest
import yaml
from enclave import Enclave, Platform
from imports import FOR_EVER, parameters, wrap
from key_stores import CREDENTIAL, OTHER_CREDENTIAL, Outside, external, external_key, external_store
from support import ACCOUNT, USAGES, Server, journal, refused, strongroom
from test_serve import Installation, passphrase

LOUD = {"STRONGROOM_LOG": "trace", "RUST_BACKTRACE": "1"}
PIECE = 12


def encodings(secret):
    """The ways in which bytes might turn up in a file of any kind."""
    yield "raw", secret
    yield "UTF-16", secret.decode("latin-1").encode("utf-16-le")
    yield "hex", secret.hex().encode()
    yield "HEX", secret.hex().upper().encode()
    for shift in range(3):
        # Base64 of the secret inside something longer, without the digits its neighbours change.
        whole = base64.b64encode(b"\x00" * shift + secret)
        yield f"base64+{shift}", whole[4 if shift else 0 : len(whole) // 4 * 4 - 4]
        safe = base64.urlsafe_b64encode(b"\x00" * shift + secret)
        yield f"base64url+{shift}", safe[4 if shift else 0 : len(safe) // 4 * 4 - 4]
    for separator in (", ", ","):
        yield "list of numbers", separator.join(map(str, secret)).encode()
        yield "list of hex", separator.join(f"{byte:#04x}" for byte in secret).encode()
    text = secret.decode("latin-1")
    yield "JSON", json.dumps(text)[1:-1].encode()
    yield "JSON in UTF-8", json.dumps(text, ensure_ascii=False)[1:-1].encode()
    yield "JSON, all escaped", "".join(f"\\u{byte:04x}" for byte in secret).encode()
    yield "JSON twice", json.dumps(json.dumps(text)[1:-1])[1:-1].encode()
    yield "escaped", "".join(
        chr(byte) if 0x20 <= byte < 0x7F and byte not in b"\\'\"" else f"\\x{byte:02x}"
        for byte in secret
    ).encode()
    yield "percent", urllib.parse.quote(secret, safe="").encode()
    yield "percent, all", "".join(f"%{byte:02X}" for byte in secret).encode()
    yield "percent, small", "".join(f"%{byte:02x}" for byte in secret).encode()


def pieces(secret):
    """Parts of a secret that are long enough to be nobody else's: a line may cut it short."""
    assert len(secret) >= PIECE, secret
    last = len(secret) - PIECE
    return [secret[at : at + PIECE] for at in {0, last // 2, last}]


class Search:
    """Secrets, and what must not hold them."""

    def __init__(self):
        self.hidden = {}
        self.said = {}

    def hide(self, name, secret):
        self.hidden[name] = secret.encode() if isinstance(secret, str) else bytes(secret)
        return secret

    def listen(self, client):
        """Keeps the bodies of the refusals that a client hears."""
        client.meta.events.register("response-received.kms.*", self._heard)
        return client

    def _heard(self, response_dict=None, event_name=None, **_):
        if response_dict is not None and response_dict["status_code"] != 200:
            self.add(f"refusal {len(self.said)} of {event_name}", response_dict["body"])

    def add(self, name, content):
        self.said[name] = content.encode() if isinstance(content, str) else content

    def refused(self, answer):
        assert answer.status != 200, answer
        self.add(f"refusal {len(self.said)}", answer.body)

    def files(self, *folders, known=()):
        for folder in folders:
            for path in pathlib.Path(folder).rglob("*"):
                if path.is_file() and path.name not in known:
                    self.add(str(path.relative_to(pathlib.Path(folder).parent)), path.read_bytes())

    def found(self):
        needles = [
            (f"{name} as {form}", needle)
            for name, secret in self.hidden.items()
            for piece in pieces(secret)
            for form, needle in encodings(piece)
        ]
        return [
            f"{what} in {place}"
            for place, content in self.said.items()
            for what, needle in needles
            if needle in content
        ]

    def finds_nothing(self):
        assert any(place.endswith(".jsonl") for place in self.said)
        assert any(place.endswith("store.sqlite") for place in self.said)
        assert any("refusal" in place for place in self.said)
        assert self.found() == []
        # The search can see: what is planted in any form is found in it.
        for name, secret in list(self.hidden.items()):
            for form, needle in encodings(pieces(secret)[0]):
                self.said["planted"] = b"before " + needle + b" after"
                assert self.found_in_planted(name), f"{name} as {form} is overlooked"

    def found_in_planted(self, name):
        content = self.said["planted"]
        return any(
            needle in content
            for piece in pieces(self.hidden[name])
            for _, needle in encodings(piece)
        )


@pytest.fixture
def search():
    return Search()


def as_base64(secret):
    return base64.b64encode(secret).decode()


@pytest.mark.timeout(180)
def test_no_secret_of_a_production_server_is_written_anywhere(tmp_path, search):
    installation = Installation(tmp_path)
    search.hide("key file", installation.key_file.read_bytes())
    search.hide("secret access key", installation.secret)
    words = search.hide("passphrase", "canary " + secrets.token_hex(16) + " \u00fcber")
    wrong = search.hide("wrong passphrase", "canary " + secrets.token_hex(16))
    second = passphrase(tmp_path, "words", words)
    folder = ["--data-dir", installation.data]
    ran = strongroom("seal", "add", *folder, "--seal", installation.seal, "--new", second)
    search.add("seal add", ran.stdout + ran.stderr)
    other = passphrase(tmp_path, "wrong", wrong)
    for command in (["seal", "verify"], ["serve", "--listen", "127.0.0.1:0"]):
        ran = strongroom(*command, *folder, "--seal", other, fails=True, env={**LOUD, "PATH": ""})
        search.add(f"refusal of {command[0]}", ran.stdout + ran.stderr)
    with installation.serve(environment=LOUD) as server:
        kms = search.listen(installation.client(server))
        cryptography(kms, search)
        sensitive_members(kms, search)
        # Signed with a secret that is not the right one.
        secret = search.hide("wrong secret access key", secrets.token_urlsafe(30))
        stranger = Installation.client
        installation.secret = secret
        with refused("InvalidSignatureException"):
            search.listen(stranger(installation, server, "eu-west-1")).list_keys()
        # With the server at hand, the keys of seals travel over its socket.
        new = search.hide("third passphrase", "canary " + secrets.token_hex(16))
        third = passphrase(tmp_path, "third", new)
        ran = strongroom("seal", "add", *folder, "--new", third)
        search.add("seal add at the server", ran.stdout + ran.stderr)
        ran = strongroom("seal", "verify", *folder, "--seal", other, fails=True)
        search.add("seal verify at the server", ran.stdout + ran.stderr)
    # Every seal wraps the root key, so a new one needs all of them.
    rotate = ["root-key", "rotate", *folder, "--seal", installation.seal]
    ran = strongroom(*rotate, "--seal", other, fails=True)
    search.add("root-key rotate", ran.stdout + ran.stderr)
    strongroom(*rotate, "--seal", second, "--seal", third)
    search.files(installation.data, server.logs)
    # What may be recorded is recorded, so the search had something to look at.
    assert b"CreateKey" in b"".join(journal(installation.data))
    search.finds_nothing()


def cryptography(kms, search):
    context = {"canary-context": secrets.token_hex(16)}
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    other = kms.create_key()["KeyMetadata"]["KeyId"]
    for number in range(3):
        plaintext = search.hide(f"plaintext {number}", secrets.token_bytes(40))
        blob = kms.encrypt(KeyId=key, Plaintext=plaintext, EncryptionContext=context)
        blob = blob["CiphertextBlob"]
        search.hide(f"ciphertext {number}", blob[132:])
        kms.decrypt(CiphertextBlob=blob, EncryptionContext=context)
        kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=other, SourceEncryptionContext=context)
        with refused("InvalidCiphertextException"):
            kms.decrypt(CiphertextBlob=blob)
        with refused("InvalidCiphertextException"):
            kms.decrypt(CiphertextBlob=blob[:-1] + bytes([blob[-1] ^ 1]), EncryptionContext=context)
        with refused("IncorrectKeyException"):
            kms.decrypt(CiphertextBlob=blob, EncryptionContext=context, KeyId=other)
        with refused("DryRunOperationException"):
            kms.encrypt(KeyId=key, Plaintext=plaintext, DryRun=True)
    for spec in ("AES_256", "AES_128"):
        data_key = kms.generate_data_key(KeyId=key, KeySpec=spec)
        search.hide(f"data key {spec}", data_key["Plaintext"])
    search.hide("random", kms.generate_random(NumberOfBytes=32)["Plaintext"])
    # Refused by the constraints, by the state, and by the name of the key.
    plaintext = search.hide("plaintext refused", secrets.token_bytes(40))
    too_long = search.hide("plaintext too long", secrets.token_bytes(4097))
    with refused("ValidationException"):
        kms.encrypt(KeyId=key, Plaintext=too_long)
    with refused("ValidationException"):
        kms.encrypt(KeyId="", Plaintext=plaintext)
    with refused("NotFoundException"):
        kms.encrypt(KeyId="alias/nobody", Plaintext=plaintext)
    kms.disable_key(KeyId=key)
    with refused("DisabledException"):
        kms.encrypt(KeyId=key, Plaintext=plaintext)
    kms.enable_key(KeyId=key)


def sensitive_members(kms, search):
    """Members that the model calls sensitive, or that are as good as a secret."""
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    token = search.hide("grant token", "canary-token-" + secrets.token_hex(16))
    plaintext = search.hide("plaintext with a token", secrets.token_bytes(40))
    for operation in ("encrypt", "generate_data_key"):
        given = {"Plaintext": plaintext} if operation == "encrypt" else {"KeySpec": "AES_256"}
        with refused("InvalidGrantTokenException"):
            getattr(kms, operation)(KeyId=key, GrantTokens=[token], **given)
    # Tokens of ours, one of a grant that is used and one of a grant that is gone.
    for number in range(2):
        grant = kms.create_grant(
            KeyId=key, GranteePrincipal=f"arn:aws:iam::{ACCOUNT}:root", Operations=["Encrypt"]
        )
        ours = search.hide(f"grant token of ours {number}", grant["GrantToken"])
        kms.encrypt(KeyId=key, Plaintext=plaintext, GrantTokens=[ours])
        kms.retire_grant(GrantToken=ours)
        with pytest.raises(kms.exceptions.ClientError):
            kms.retire_grant(GrantToken=ours)
    long_token = search.hide("grant token too long", secrets.token_hex(4100))
    with refused("ValidationException"):
        kms.encrypt(KeyId=key, Plaintext=plaintext, GrantTokens=[long_token])
    with pytest.raises(kms.exceptions.ClientError):
        kms.retire_grant(GrantToken=token)
    password = search.hide("key store password", secrets.token_hex(12))
    long_password = search.hide("key store password too long", secrets.token_hex(30))
    raw_secret = search.hide("proxy secret", secrets.token_hex(32))
    for given in (password, long_password):
        with pytest.raises(kms.exceptions.ClientError):
            kms.create_custom_key_store(
                CustomKeyStoreName="canary",
                KeyStorePassword=given,
                XksProxyAuthenticationCredential={
                    "AccessKeyId": "CANARYCANARYCANARY22",
                    "RawSecretAccessKey": raw_secret,
                },
            )


@pytest.mark.timeout(180)
def test_no_secret_of_any_operation_is_written_anywhere(tmp_path, search):
    """Everything that custody §6.3 says is never recorded, in requests and in answers."""
    platform = Platform()
    enclave = Enclave(platform)
    root = tmp_path / "root.pem"
    root.write_bytes(platform.root_pem)
    data = tmp_path / "data"
    with Server.dev(data, "--attestation-root", root, environment=LOUD) as server:
        kms = search.listen(server.client())
        cryptography(kms, search)
        every_secret_member(kms, search)
        for_an_enclave(kms, search, enclave)
        logs = server.logs
    search.files(data, logs, known={"seal.key"})
    recorded = b"".join(journal(data))
    assert b"attestationDocumentModuleId" in recorded
    search.finds_nothing()


def tail(blob):
    """The part of a public key or signature that is its own: the beginning says what it is."""
    return blob[-40:]


def every_secret_member(kms, search):
    signer = kms.create_key(**USAGES["SIGN_VERIFY"])["KeyMetadata"]["KeyId"]
    message = search.hide("message", secrets.token_bytes(40))
    given = {"KeyId": signer, "Message": message, "SigningAlgorithm": "ECDSA_SHA_256"}
    signature = kms.sign(**given)["Signature"]
    search.hide("signature", tail(signature))
    assert kms.verify(**given, Signature=signature)["SignatureValid"]
    with refused("KMSInvalidSignatureException"):
        kms.verify(**given | {"Message": message[1:]}, Signature=signature)
    search.hide("public key", tail(kms.get_public_key(KeyId=signer)["PublicKey"]))

    maker = kms.create_key(**USAGES["GENERATE_VERIFY_MAC"])["KeyMetadata"]["KeyId"]
    given = {"KeyId": maker, "Message": message, "MacAlgorithm": "HMAC_SHA_256"}
    mac = search.hide("MAC", kms.generate_mac(**given)["Mac"])
    assert kms.verify_mac(**given, Mac=mac)["MacValid"]
    wrong = search.hide("wrong MAC", secrets.token_bytes(32))
    with refused("KMSInvalidMacException"):
        kms.verify_mac(**given, Mac=wrong)

    agreeing, peer = (
        kms.create_key(**USAGES["KEY_AGREEMENT"])["KeyMetadata"]["KeyId"] for _ in range(2)
    )
    public = kms.get_public_key(KeyId=peer)["PublicKey"]
    search.hide("public key of a peer", tail(public))
    given = {"KeyId": agreeing, "KeyAgreementAlgorithm": "ECDH", "PublicKey": public}
    search.hide("shared secret", kms.derive_shared_secret(**given)["SharedSecret"])
    with refused("ValidationException"):
        kms.derive_shared_secret(**given | {"PublicKey": tail(public)})

    encapsulating = kms.create_key(**USAGES["ENCAPSULATE_DECAPSULATE"])["KeyMetadata"]["KeyId"]
    given = {"KeyId": encapsulating, "EncapsulationAlgorithm": "ML_KEM"}
    made = kms.encapsulate(**given)
    search.hide("encapsulated secret", made["SharedSecret"])
    blob = made["SharedSecretCiphertextBlob"]
    search.hide("encapsulation", blob)
    kms.decapsulate(**given, SharedSecretCiphertextBlob=blob)
    with refused("InvalidCiphertextException"):
        kms.decapsulate(**given, SharedSecretCiphertextBlob=blob[:-1])

    key = kms.create_key()["KeyMetadata"]["KeyId"]
    pair = kms.generate_data_key_pair(KeyId=key, KeyPairSpec="ECC_NIST_P256")
    search.hide("private key", pair["PrivateKeyPlaintext"][36:68])
    search.hide("public key of a pair", tail(pair["PublicKey"]))
    search.hide("encrypted private key", pair["PrivateKeyCiphertextBlob"][132:])
    pair = kms.generate_data_key_pair_without_plaintext(KeyId=key, KeyPairSpec="ECC_NIST_P256")
    search.hide("other encrypted private key", pair["PrivateKeyCiphertextBlob"][132:])
    made = kms.generate_data_key_without_plaintext(KeyId=key, KeySpec="AES_256")
    search.hide("encrypted data key", made["CiphertextBlob"][132:])
    grant = kms.create_grant(
        KeyId=key, GranteePrincipal=f"arn:aws:iam::{ACCOUNT}:root", Operations=["Encrypt"]
    )
    search.hide("grant token", grant["GrantToken"])

    material = search.hide("material to import", secrets.token_bytes(32))
    waiting = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
    given = parameters(kms, waiting)
    token = search.hide("import token", given["ImportToken"])
    wrapped = wrap(given["PublicKey"], "RSAES_OAEP_SHA_256", material)
    search.hide("wrapped material", wrapped)
    broken = search.hide("broken material", secrets.token_bytes(256))
    with refused("InvalidCiphertextException"):
        kms.import_key_material(
            KeyId=waiting, ImportToken=token, EncryptedKeyMaterial=broken, **FOR_EVER
        )
    kms.import_key_material(
        KeyId=waiting, ImportToken=token, EncryptedKeyMaterial=wrapped, **FOR_EVER
    )
    with refused("InvalidImportTokenException"):
        stranger = search.hide("import token that is none", secrets.token_bytes(60))
        kms.import_key_material(
            KeyId=waiting, ImportToken=stranger, EncryptedKeyMaterial=wrapped, **FOR_EVER
        )


def for_an_enclave(kms, search, enclave):
    """Documents that attest and answers that are enclosed."""
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    agreeing = kms.create_key(**USAGES["KEY_AGREEMENT"])["KeyMetadata"]["KeyId"]
    public = kms.get_public_key(KeyId=agreeing)["PublicKey"]
    plaintext = search.hide("plaintext for an enclave", secrets.token_bytes(40))
    blob = kms.encrypt(KeyId=key, Plaintext=plaintext)["CiphertextBlob"]
    calls = {
        "decrypt": {"CiphertextBlob": blob},
        "generate_data_key": {"KeyId": key, "KeySpec": "AES_256"},
        "generate_data_key_pair": {"KeyId": key, "KeyPairSpec": "ECC_NIST_P256"},
        "derive_shared_secret": {
            "KeyId": agreeing, "KeyAgreementAlgorithm": "ECDH", "PublicKey": public
        },
        "generate_random": {"NumberOfBytes": 32},
    }  # fmt: skip
    for operation, given in calls.items():
        recipient = enclave.recipient()
        search.hide(f"document of {operation}", tail(recipient["AttestationDocument"]))
        answer = getattr(kms, operation)(**given, Recipient=recipient)
        enclosed = answer["CiphertextForRecipient"]
        search.hide(f"answer of {operation}", tail(enclosed))
        secret = enclave.open(enclosed)
        private = operation == "generate_data_key_pair"
        search.hide(f"secret of {operation}", secret[36:68] if private else secret)
        broken = recipient | {"AttestationDocument": recipient["AttestationDocument"][:-1]}
        with refused("ValidationException"):
            getattr(kms, operation)(**given, Recipient=broken)


@pytest.mark.timeout(120)
def test_no_secret_of_a_custom_key_store_is_written_anywhere(tmp_path, search):
    with Outside(tmp_path) as outside:
        outside.server.stop()
        outside.environment |= LOUD
        outside.server = outside.start("loud")
        kms = outside.server.service()
        for credential in (CREDENTIAL, OTHER_CREDENTIAL):
            name = f"secret of {credential['AccessKeyId']}"
            search.hide(name, credential["RawSecretAccessKey"])
        wrong = secrets.token_hex(30)
        search.hide("secret that the proxy does not know", wrong)
        with pytest.raises(kms.exceptions.ClientError) as failed:
            kms.create_custom_key_store(
                **external(
                    XksProxyAuthenticationCredential=CREDENTIAL | {"RawSecretAccessKey": wrong}
                )
            )
        search.add("refusal of a store", json.dumps(failed.value.response["Error"]))
        store = external_store(kms)
        key = external_key(kms, store)
        plaintext = search.hide("plaintext", secrets.token_bytes(40))
        blob = kms.encrypt(KeyId=key.id, Plaintext=plaintext)["CiphertextBlob"]
        assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == plaintext
        kms.update_custom_key_store(
            CustomKeyStoreId=store, XksProxyAuthenticationCredential=OTHER_CREDENTIAL
        )
        data, logs = outside.server.data_dir, outside.server.logs
    search.files(data, logs, known={"seal.key"})
    search.finds_nothing()


@pytest.mark.timeout(120)
def test_no_secret_of_a_development_server_is_written_anywhere(tmp_path, search):
    key, token = "1234abcd-12ab-34cd-56ef-1234567890ab", "for-tests-" + secrets.token_hex(16)
    material = [secrets.token_bytes(32) for _ in range(2)]
    for number, bytes_ in enumerate(material):
        search.hide(f"key material {number}", bytes_)
    search.hide("seeded secret", token)

    def seed(name, material):
        file = tmp_path / name
        keys = [{"id": key, "key_material": [as_base64(bytes_) for bytes_ in material]}]
        access_keys = [{"id": "AKIAROOT111122223333", "secret": token}]
        account = {"root": {"access_keys": access_keys}, "regions": {"us-east-1": {"keys": keys}}}
        file.write_text(yaml.safe_dump({"accounts": {"111122223333": account}}))
        return file

    data = tmp_path / "data"
    with Server.dev(data, "--seed", seed("seed.yaml", material), "--enforce", environment=LOUD) as server:
        kms = search.listen(server.client("AKIAROOT111122223333", secret=token))
        plaintext = search.hide("plaintext", secrets.token_bytes(40))
        blob = kms.encrypt(KeyId=key, Plaintext=plaintext)["CiphertextBlob"]
        assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == plaintext
        cryptography(kms, search)
        logs = server.logs
    # Refusals of a seed name the line and the reason, and quote nothing.
    other = search.hide("other material", secrets.token_bytes(32))
    short = search.hide("material too short", secrets.token_bytes(31))
    for name, given in (("other.yaml", [material[0], other]), ("short.yaml", [short])):
        command = ["dev", "--listen", "127.0.0.1:0", "--data-dir", data, "--seed", seed(name, given)]
        ran = strongroom(*command, fails=True, env={**LOUD, "PATH": ""})
        assert name in ran.stderr
        search.add(f"refusal of {name}", ran.stdout + ran.stderr)

    # Anybody comes in, and sends bodies that do not decode, secrets in them and all.
    with Server.dev(data, environment=LOUD) as server, server.raw() as raw:
        secret = search.hide("plaintext in a broken body", secrets.token_bytes(40))
        text = search.hide("plaintext that is not base64", "not*base64*" + secrets.token_hex(16))
        sealed = as_base64(secret)
        whole = json.dumps({"KeyId": key, "Plaintext": sealed}).encode()
        for body in (
            whole[:-1],
            whole[:-1] + b',"x":}',
            whole + whole,
            b"\xff" + whole,
            whole.replace(b"{", b"[", 1),
        ):
            search.refused(raw.call("Encrypt", body))
        for given in (
            {"KeyId": 5, "Plaintext": sealed},
            {"KeyId": key, "Plaintext": [sealed]},
            {"KeyId": key, "Plaintext": {"a": sealed}},
            {"KeyId": key, "Plaintext": text},
            {"KeyId": key, "Plaintext": sealed, "GrantTokens": [5]},
            {"KeyId": key, "Plaintext": sealed, "GrantTokens": sealed},
            {"KeyId": key, "Plaintext": sealed, "EncryptionAlgorithm": "NONE"},
        ):
            search.refused(raw.call("Encrypt", given))
        search.refused(raw.call("Nothing", {"Plaintext": sealed}))
        search.refused(raw.call("Encrypt", whole, headers={"Authorization": None}))
        session = search.hide("session token", secrets.token_urlsafe(60))
        raw.call("Encrypt", whole[:-1], headers={"X-Amz-Security-Token": session})
    # A development server keeps the key of its seal there, which is meant for nothing.
    search.files(data, logs, known={"seal.key"})
    search.finds_nothing()
