"""GenerateRandom (operations.md §3.5)."""

import pytest
from key_stores import UNKNOWN_STORE, no_store
from support import (
    at_least,
    at_most,
    bad,
    body_of,
    invalid,
    refused,
    value_at_least,
    value_at_most,
)


@pytest.mark.parametrize("size", [1, 32, 1023, 1024])
def test_as_many_bytes_as_asked_for(kms, size):
    answer = body_of(kms.generate_random(NumberOfBytes=size))
    assert set(answer) == {"Plaintext"}
    assert len(answer["Plaintext"]) == size


def test_no_two_answers_are_the_same(kms):
    assert len({kms.generate_random(NumberOfBytes=16)["Plaintext"] for _ in range(50)}) == 50


def test_the_number_is_required_though_the_model_does_not_say_so(kms):
    with refused("ValidationException", "NumberOfBytes is required."):
        kms.generate_random()


def test_the_constraints_of_the_parameters(kms):
    with invalid(bad("numberOfBytes", 0, value_at_least(1))):
        kms.generate_random(NumberOfBytes=0)
    with invalid(bad("numberOfBytes", 1025, value_at_most(1024))):
        kms.generate_random(NumberOfBytes=1025)
    with invalid(
        bad("numberOfBytes", 1025, value_at_most(1024)), bad("customKeyStoreId", "", at_least(1))
    ):
        kms.generate_random(NumberOfBytes=1025, CustomKeyStoreId="")
    with invalid(bad("customKeyStoreId", "c" * 65, at_most(64))):
        kms.generate_random(NumberOfBytes=1, CustomKeyStoreId="c" * 65)


def test_a_custom_key_store_that_is_not_there(kms):
    with refused("CustomKeyStoreNotFoundException", no_store(UNKNOWN_STORE)):
        kms.generate_random(NumberOfBytes=1, CustomKeyStoreId=UNKNOWN_STORE)


def test_a_recipient_is_never_answered_with_the_plaintext(kms):
    with refused("ValidationException"):
        kms.generate_random(
            NumberOfBytes=32,
            Recipient={
                "KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256",
                "AttestationDocument": b"document",
            },
        )
