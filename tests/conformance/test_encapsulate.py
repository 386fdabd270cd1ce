"""Encapsulate (operations.md §3.6, §5.3)."""

import pytest
from key_specs import CIPHERTEXT, ML_KEM, the_key
from support import (
    USAGES,
    AnyKeyReference,
    DryRun,
    GrantTokens,
    KeyStates,
    KeyUsage,
    bad,
    body_of,
    invalid,
    null,
    one_of_shape,
)
from test_sign import STATES

KEM = {"EncapsulationAlgorithm": "ML_KEM"}


class TestEncapsulate(AnyKeyReference, KeyStates, KeyUsage, DryRun, GrantTokens):
    states, usage, kind = STATES, "ENCAPSULATE_DECAPSULATE", USAGES["ENCAPSULATE_DECAPSULATE"]

    def call(self, kms, key, given, **more):
        return kms.encapsulate(KeyId=key, **KEM, **more)


@pytest.mark.parametrize("spec", ML_KEM)
def test_a_new_secret_is_made_every_time_and_decapsulates(kms, spec):
    key = the_key(kms, spec, "ENCAPSULATE_DECAPSULATE")
    secrets, ciphertexts = set(), set()
    for _ in range(5):
        made = body_of(kms.encapsulate(KeyId=key.id, **KEM))
        secret, ciphertext = made.pop("SharedSecret"), made.pop("SharedSecretCiphertextBlob")
        assert made == {"KeyId": key.arn, "EncapsulationAlgorithm": "ML_KEM"}
        assert (len(secret), len(ciphertext)) == (32, CIPHERTEXT[spec])
        opened = kms.decapsulate(KeyId=key.id, SharedSecretCiphertextBlob=ciphertext, **KEM)
        assert opened["SharedSecret"] == secret
        secrets.add(secret)
        ciphertexts.add(ciphertext)
    assert len(secrets) == len(ciphertexts) == 5


def test_the_constraints_of_the_parameters(kms):
    with invalid(null("keyId"), null("encapsulationAlgorithm")):
        kms.encapsulate()
    with invalid(bad("encapsulationAlgorithm", "RSA", one_of_shape("EncapsulationAlgorithmSpec"))):
        kms.encapsulate(KeyId=kms.key().id, EncapsulationAlgorithm="RSA")
