"""MongoDB's client-side field level encryption: PyMongo's ClientEncryption over libmongocrypt.

libmongocrypt signs and parses by itself, insists on TLS, and closes each connection. Everything
here is PyMongo as applications use it; only the key vault, which would be a collection in a MongoDB
server, is a list in this process.
"""

import bson
import pymongo
import pytest
from bson.codec_options import CodecOptions
from pymongo.encryption import Algorithm, ClientEncryption
from pymongo.errors import EncryptionError
from support import fresh_name

SERVER = ["--tls-self-signed"]


class Vault(pymongo.MongoClient):
    """A client whose only collection is a list of key documents."""

    def __init__(self):
        super().__init__(connect=False, serverSelectionTimeoutMS=1)
        self.keys = []

    def __getitem__(self, _):
        return self

    def with_options(self, **_):
        return self

    def insert_one(self, document):
        self.keys.append(bson.raw_bson.RawBSONDocument(document.raw))

    def find(self, _):
        return Found(self.keys)


class Found(list):
    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


@pytest.fixture
def vault():
    with Vault() as vault:
        yield vault


@pytest.fixture
def client(signed, vault):
    """`client(secret)`: an application's ClientEncryption; each caches data keys of its own."""
    clients = []

    def client(secret=signed.secret):
        providers = {"aws": {"accessKeyId": signed.access_key, "secretAccessKey": secret}}
        certificate = signed.server.printed("certificate")
        made = ClientEncryption(
            providers,
            "encryption.__keyVault",
            vault,
            CodecOptions(),
            kms_tls_options={"aws": {"tlsCAFile": certificate}},
        )
        clients.append(made)
        return made

    yield client
    for made in clients:
        made.close()


def master_key(signed, key):
    return {"region": signed.region, "key": key, "endpoint": f"127.0.0.1:{signed.server.port}"}


def test_fields_are_encrypted_under_a_data_key(signed, client, vault):
    first, second = signed.key(), signed.key()
    name = signed.alias(first, fresh_name("mongo"))
    writer = client()
    data_key = writer.create_data_key("aws", master_key=master_key(signed, name))
    [stored] = vault.keys
    assert signed.decrypt(CiphertextBlob=stored["keyMaterial"])["KeyId"] == first.arn
    sealed = writer.encrypt(
        "078-05-1120", Algorithm.AEAD_AES_256_CBC_HMAC_SHA_512_Deterministic, key_id=data_key
    )
    assert b"078-05-1120" not in bytes(sealed)

    # Another process, which has the vault only; the data key's document names the alias.
    signed.update_alias(AliasName=name, TargetKeyId=second.id)
    assert client().decrypt(sealed) == "078-05-1120"

    signed.disable_key(KeyId=first.id)
    assert writer.decrypt(sealed) == "078-05-1120", "the data key is still in the writer's cache"
    with pytest.raises(EncryptionError, match="DisabledException"):
        client().decrypt(sealed)


def test_its_signature_is_verified(signed, client):
    with pytest.raises(EncryptionError, match="InvalidSignatureException"):
        client(secret="another").create_data_key("aws", master_key=master_key(signed, signed.key().arn))
