"""The second writing of format SRK v1 agrees with the vector on its page, byte for byte."""

import hashlib

import srk

ACCOUNT, KEY = "111122223333", "1234abcd-12ab-34cd-56ef-1234567890ab"
MATERIAL = bytes(range(32))
CONTEXT = {"Project": "Alpha", "Department": "Engineering"}


def test_the_published_vector():
    assert srk.material_id(ACCOUNT, KEY, MATERIAL).hex() == (
        "1fced1ca66ef69d22b3c7172b174178646e0886af8f0799b9262d567cfa8f7a7"
    )
    assert srk.canonical_context(CONTEXT).hex() == (
        "000000020000000a4465706172746d656e740000000b456e67696e656572696e67"
        "0000000750726f6a65637400000005416c706861"
    )
    blob = srk.seal(
        ACCOUNT, KEY, MATERIAL, b"Hello World!", CONTEXT,
        nonce=bytes(range(0x10, 0x20)), iv=bytes(range(0xA0, 0xAC)),
    )  # fmt: skip
    assert len(blob) == 12 + srk.OVERHEAD == 160
    assert hashlib.sha256(blob).hexdigest() == (
        "429aade43f5860ed9765c02114bb72e82e29628cbaa31d2ccb21df44eef510c5"
    )
    assert srk.open_(blob, ACCOUNT, KEY, MATERIAL, CONTEXT) == b"Hello World!"
