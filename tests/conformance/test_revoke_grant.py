"""RevokeGrant (operations.md §3.10, authorization.md §5.7)."""

from concurrent.futures import ThreadPoolExecutor

from botocore.exceptions import ClientError
from grants import entry, grant, not_found
from support import (
    DRY_RUN,
    OK,
    UNKNOWN_KEY,
    KeyOnlyOfAnyAccount,
    KeyStates,
    at_least,
    at_most,
    bad,
    hidden_from,
    invalid,
    last,
    null,
    refused,
)

NONE = "0" * 64


class TestRevokeGrant(KeyOnlyOfAnyAccount, KeyStates):
    # No grant can be made before the material is imported.
    states = dict.fromkeys(["Enabled", "Disabled", "PendingDeletion"], OK) | {
        "PendingImport": ("NotFoundException", not_found(NONE))
    }

    def prepare(self, kms, key):
        return grant(kms, key)["GrantId"]

    def prepare_without_material(self, kms, key):
        return NONE

    def call(self, kms, key, given, **more):
        return kms.revoke_grant(KeyId=key, GrantId=given, **more)

    def test_a_dry_run_revokes_nothing(self, kms):
        key, given = self._prepared(kms)
        with refused("DryRunOperationException", DRY_RUN):
            self.call(kms, key.id, given, DryRun=True)
        assert entry(kms, key, {"GrantId": given})
        with refused("NotFoundException", not_found(NONE)):
            self.call(kms, key.id, NONE, DryRun=True)
        self.call(kms, key.id, given, DryRun=False)
        assert not entry(kms, key, {"GrantId": given})


def test_the_answer_is_empty(kms):
    key = kms.key()
    answer = kms.revoke_grant(KeyId=key.id, GrantId=grant(kms, key)["GrantId"])
    assert set(answer) == {"ResponseMetadata"}
    assert last.answer.body == b""


def test_what_is_revoked_is_gone_and_nothing_else(kms):
    key = kms.key()
    gone, kept = grant(kms, key), grant(kms, key)
    kms.revoke_grant(KeyId=key.id, GrantId=gone["GrantId"])
    assert [item["GrantId"] for item in kms.list_grants(KeyId=key.id)["Grants"]] == [
        kept["GrantId"]
    ]
    with refused("NotFoundException", not_found(gone["GrantId"])):
        kms.revoke_grant(KeyId=key.id, GrantId=gone["GrantId"])
    # A grant belongs to its key.
    with refused("NotFoundException", not_found(kept["GrantId"])):
        kms.revoke_grant(KeyId=kms.key().id, GrantId=kept["GrantId"])


def test_of_concurrent_calls_one_revokes(kms):
    key = kms.key()
    made = grant(kms, key)["GrantId"]

    def revoke(_):
        try:
            kms.revoke_grant(KeyId=key.id, GrantId=made)
        except ClientError as error:
            return error.response["Error"]["Code"]
        return "revoked"

    with ThreadPoolExecutor(8) as pool:
        outcomes = sorted(pool.map(revoke, range(8)))
    assert outcomes == ["NotFoundException"] * 7 + ["revoked"]


def test_a_malformed_grant_id_is_refused_without_a_message(kms):
    key = kms.key()
    for grant_id in ("x", "0" * 63, "A" * 64):
        with refused("InvalidGrantIdException", None):
            kms.revoke_grant(KeyId=key.id, GrantId=grant_id)


def test_a_grant_that_is_not_there_on_a_key_of_another_account(kms, stranger):
    key = stranger.key()
    with refused("NotFoundException", not_found(NONE)):
        kms.revoke_grant(KeyId=key.arn, GrantId=NONE)
    with refused("AccessDeniedException", hidden_from(kms.root, "kms:RevokeGrant")):
        kms.revoke_grant(KeyId=kms.key_arn(UNKNOWN_KEY, account=stranger.account), GrantId=NONE)


def test_the_constraints_of_the_model(kms):
    with invalid(null("keyId"), null("grantId")):
        kms.revoke_grant()
    with invalid(bad("grantId", "", at_least(1))):
        kms.revoke_grant(KeyId=UNKNOWN_KEY, GrantId="")
    with invalid(bad("grantId", "0" * 129, at_most(128))):
        kms.revoke_grant(KeyId=UNKNOWN_KEY, GrantId="0" * 129)
