"""Wrapping key material for an import, as a key owner does it with `cryptography` (custody §3.3)."""

import os

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.keywrap import aes_key_wrap_with_padding
from cryptography.hazmat.primitives.serialization import load_der_public_key

FOR_EVER = {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
HASHES = {"SHA_1": hashes.SHA1, "SHA_256": hashes.SHA256}


def oaep(public_key, algorithm, data):
    name = HASHES["SHA_" + algorithm.rsplit("_", 1)[1]]
    scheme = padding.OAEP(mgf=padding.MGF1(name()), algorithm=name(), label=None)
    return load_der_public_key(public_key).encrypt(data, scheme)


def wrap(public_key, algorithm, material):
    """`material` wrapped for ImportKeyMaterial by this wrapping algorithm."""
    if algorithm.startswith("RSAES_OAEP"):
        return oaep(public_key, algorithm, material)
    kek = os.urandom(32)
    return oaep(public_key, algorithm, kek) + aes_key_wrap_with_padding(kek, material)


def parameters(kms, key, algorithm="RSAES_OAEP_SHA_256", spec="RSA_2048"):
    return kms.get_parameters_for_import(
        KeyId=key, WrappingAlgorithm=algorithm, WrappingKeySpec=spec
    )


def prepared(kms, key, material, algorithm="RSAES_OAEP_SHA_256", spec="RSA_2048"):
    """The parameters of ImportKeyMaterial for `material`, under a wrapping key of its own."""
    given = parameters(kms, key, algorithm, spec)
    return {
        "KeyId": key,
        "ImportToken": given["ImportToken"],
        "EncryptedKeyMaterial": wrap(given["PublicKey"], algorithm, material),
    }


def import_material(kms, key, material, **more):
    """Imports `material`, for ever unless `more` says how long."""
    how = more if "ValidTo" in more or "ExpirationModel" in more else FOR_EVER | more
    return kms.import_key_material(**prepared(kms, key, material), **how)


def imported(kms, material=None, **more):
    """A new EXTERNAL key with material, and the id of the material."""
    key = kms.key("PendingImport")
    answer = import_material(kms, key.id, material or os.urandom(32), **more)
    return key, answer["KeyMaterialId"]


def origin(arn, origin):
    return (
        "UnsupportedOperationException",
        f"{arn} origin is {origin} which is not valid for this operation.",
    )


class OnImportedKeys:
    """For the questions of `support` about an operation on keys of Origin EXTERNAL.

    PendingImport is what such a key is before its import.
    """

    def _prepared(self, kms, state="Enabled"):
        key = kms.key("PendingImport")
        given = self.prepare(kms, key)
        if state != "PendingImport":
            import_material(kms, key.id, b"m" * 32)
        if state == "Disabled":
            kms.disable_key(KeyId=key.id)
        elif state == "PendingDeletion":
            kms.schedule_key_deletion(KeyId=key.id)
        return key, given
