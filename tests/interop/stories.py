"""What every SDK is asked to do, and what it must have seen.

A program in the SDK's language tells a story and prints a report in JSON; here the report is held
against what boto3 sees on the same server.

`aliases ALIAS CONTEXT`: two keys; ALIAS and two more names of the first; Encrypt under ALIAS;
UpdateAlias to the second key; Decrypt of the old ciphertext; Encrypt and GenerateDataKey under
ALIAS; ListAliases in pages of two; and three refusals: Decrypt that names ALIAS for the old
ciphertext, Decrypt of bytes that are no ciphertext, DescribeKey of an alias that does not exist.

`signatures`: for an RSA and an elliptic-curve key GetPublicKey, Sign, Verify, and Verify of another
message.
"""

import base64
import json

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding
from programs import run
from support import WRONG_KEY, fresh_name

CONTEXT = {"purpose": "interop", "größe": "50 KB / 100 %"}
MESSAGE = b"attack at dawn"


def aliases(account, *program, no_message=None):
    """The first story. `no_message` is what the SDK makes of an error that has none."""
    alias = fresh_name("story")
    told = run(account, *program, "aliases", alias, json.dumps(CONTEXT))
    first, second = told["first"], told["second"]
    assert first != second
    assert account.target(alias) == second.rsplit("/", 1)[1]

    assert told["sealed"]["key"] == first
    assert opened(account, told["sealed"]["blob"]) == (first, MESSAGE)
    assert told["opened"] == {"key": first, "text": MESSAGE.decode()}
    assert told["moved"]["key"] == second
    assert opened(account, told["moved"]["blob"]) == (second, MESSAGE)
    assert told["dataKey"]["key"] == second
    plain = base64.b64decode(told["dataKey"]["plain"])
    assert len(plain) == 32
    assert opened(account, told["dataKey"]["blob"]) == (second, plain)

    everything = account.get_paginator("list_aliases").paginate().search("Aliases[].AliasName")
    assert [name for page in told["pages"] for name in page] == list(everything)
    assert len(told["pages"]) > 1 and all(len(page) <= 2 for page in told["pages"])

    assert told["wrongKey"] == {"code": "IncorrectKeyException", "message": WRONG_KEY}
    assert told["garbled"] == {"code": "InvalidCiphertextException", "message": no_message}
    missing = account.no_alias(f"{alias}-missing")
    assert told["missing"] == {"code": "NotFoundException", "message": missing}


def opened(account, blob):
    answer = account.decrypt(CiphertextBlob=base64.b64decode(blob), EncryptionContext=CONTEXT)
    return answer["KeyId"], answer["Plaintext"]


def signatures(account, *program, no_message=None):
    """The second story."""
    told = run(account, *program, "signatures")
    assert set(told) == {"RSA_2048", "ECC_NIST_P256"}
    for spec, report in told.items():
        public_key = serialization.load_der_public_key(base64.b64decode(report["publicKey"]))
        signature = base64.b64decode(report["signature"])
        # A signature that is not good raises.
        if spec == "RSA_2048":
            assert "RSASSA_PSS_SHA_256" in report["algorithms"]
            salted = padding.PSS(padding.MGF1(hashes.SHA256()), hashes.SHA256.digest_size)
            public_key.verify(signature, MESSAGE, salted, hashes.SHA256())
        else:
            assert report["algorithms"] == ["ECDSA_SHA_256"]
            public_key.verify(signature, MESSAGE, ec.ECDSA(hashes.SHA256()))
        assert report["valid"] is True
        refusal = {"code": "KMSInvalidSignatureException", "message": no_message}
        assert report["tampered"] == refusal
