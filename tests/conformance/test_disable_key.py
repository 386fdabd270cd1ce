"""DisableKey (operations.md §3.3.2). It takes effect before it returns (design.md §2.3)."""

import threading

from support import (
    IS_PENDING_DELETION,
    IS_PENDING_IMPORT,
    OK,
    KeyOnlyReference,
    KeyStates,
    invalid,
    null,
    refused,
)


class TestDisableKey(KeyOnlyReference, KeyStates):
    states = {
        "Enabled": OK,
        "Disabled": OK,
        "PendingDeletion": IS_PENDING_DELETION,
        "PendingImport": IS_PENDING_IMPORT,
    }

    def call(self, kms, key, given):
        return kms.disable_key(KeyId=key)


def test_the_key_is_unusable_at_once(kms):
    key = kms.key()
    name = kms.alias(key)
    blob = kms.encrypt(KeyId=name, Plaintext=b"x")["CiphertextBlob"]
    for _ in range(20):
        answer = kms.disable_key(KeyId=key.id)
        assert set(answer) == {"ResponseMetadata"}
        for use in (
            lambda: kms.encrypt(KeyId=name, Plaintext=b"x"),
            lambda: kms.decrypt(CiphertextBlob=blob),
        ):
            with refused("DisabledException", f"{key.arn} is disabled."):
                use()
        kms.enable_key(KeyId=key.id)
        assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def test_disabling_twice_is_disabling(kms):
    key = kms.key()
    for _ in range(2):
        kms.disable_key(KeyId=key.id)
        assert kms.state(key) == "Disabled"


def test_no_call_that_begins_after_the_answer_succeeds(fresh):
    """Four threads encrypt without pause while the key is disabled under them."""
    key = fresh.key()
    disabled = threading.Event()
    late = []

    def encrypt():
        with fresh.server.raw() as connection:
            body = {"KeyId": key.id, "Plaintext": "eA=="}
            while True:
                began_after = disabled.is_set()
                answer = connection.call("Encrypt", body, fresh.account)
                if answer.status == 200 and began_after:
                    late.append(answer)
                if answer.status != 200:
                    return

    threads = [threading.Thread(target=encrypt) for _ in range(4)]
    for thread in threads:
        thread.start()
    fresh.disable_key(KeyId=key.id)
    disabled.set()
    for thread in threads:
        thread.join()
    assert not late


def test_the_key_id_is_required(kms):
    with invalid(null("keyId")):
        kms.disable_key()
