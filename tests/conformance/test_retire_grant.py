"""RetireGrant (operations.md §3.10, authorization.md §5.7)."""

from grants import entry, grant, not_found
from support import (
    DRY_RUN,
    NO_ALIASES_HERE,
    OK,
    UNKNOWN_KEY,
    KeyStates,
    OnAKey,
    at_least,
    at_most,
    bad,
    hidden,
    hidden_from,
    invalid,
    last,
    refused,
)

NONE = "0" * 64
UNNAMED = "Grant token OR (grant ID, key ID) must be specified"


class TestRetireGrant(KeyStates, OnAKey):
    # No grant can be made before the material is imported.
    states = dict.fromkeys(["Enabled", "Disabled", "PendingDeletion"], OK) | {
        "PendingImport": ("NotFoundException", not_found(NONE))
    }

    def prepare(self, kms, key):
        return grant(kms, key)["GrantId"]

    def prepare_without_material(self, kms, key):
        return NONE

    def call(self, kms, key, given, **more):
        return kms.retire_grant(KeyId=key, GrantId=given, **more)

    def test_a_key_is_named_by_id_or_arn(self, kms):
        for form in ("id", "arn"):
            key, given = self._prepared(kms)
            self.call(kms, getattr(key, form), given)
            assert not entry(kms, key, {"GrantId": given})

    def test_aliases_are_refused_unseen(self, kms):
        with refused("InvalidArnException", NO_ALIASES_HERE):
            self.call(kms, "alias/does-not-exist", NONE)

    def test_a_dry_run_retires_nothing(self, kms):
        key, given = self._prepared(kms)
        with refused("DryRunOperationException", DRY_RUN):
            self.call(kms, key.id, given, DryRun=True)
        assert entry(kms, key, {"GrantId": given})
        self.call(kms, key.id, given, DryRun=False)
        assert not entry(kms, key, {"GrantId": given})


def test_a_grant_is_named_by_any_of_its_tokens(kms):
    key = kms.key()
    for state in ("Enabled", "Disabled", "PendingDeletion"):
        key = kms.key()
        made = [grant(kms, key, Name="a") for _ in range(3)]
        if state == "Disabled":
            kms.disable_key(KeyId=key.id)
        if state == "PendingDeletion":
            kms.schedule_key_deletion(KeyId=key.id)
        with refused("DryRunOperationException", DRY_RUN):
            kms.retire_grant(GrantToken=made[0]["GrantToken"], DryRun=True)
        answer = kms.retire_grant(GrantToken=made[1]["GrantToken"])
        assert set(answer) == {"ResponseMetadata"} and last.answer.body == b""
        assert not entry(kms, key, made[0])
        for token in made:
            with refused("NotFoundException", not_found(made[0]["GrantId"])):
                kms.retire_grant(GrantToken=token["GrantToken"])


def test_a_grant_is_named_in_exactly_one_way(kms):
    key = kms.key()
    made = grant(kms, key)
    token = {"GrantToken": made["GrantToken"]}
    by_id = {"KeyId": key.id, "GrantId": made["GrantId"]}
    for said in (
        {}, {"KeyId": key.id}, {"GrantId": made["GrantId"]}, token | by_id, token | {"KeyId": key.id},
    ):  # fmt: skip
        with refused("ValidationException", UNNAMED):
            kms.retire_grant(**said)


def test_a_text_that_is_no_token_is_refused_without_a_message(kms):
    key = kms.key()
    token = grant(kms, key)["GrantToken"]
    other = "B" if token[20] == "A" else "A"
    for forged in ("x", "bm90IGEgdG9rZW4", token[:-1], token + "A", token[:20] + other + token[21:]):
        with refused("InvalidGrantTokenException", None):
            kms.retire_grant(GrantToken=forged)
    with refused("InvalidGrantTokenException", None):
        kms.at("eu-west-1").retire_grant(GrantToken=token)
    kms.retire_grant(GrantToken=token)


def test_a_malformed_grant_id_is_refused_without_a_message(kms):
    key = kms.key()
    for grant_id in ("x", "0" * 63, "A" * 64):
        with refused("InvalidGrantIdException", None):
            kms.retire_grant(KeyId=key.id, GrantId=grant_id)


def test_those_whom_the_grant_concerns_may_retire_it_and_no_others(kms, stranger):
    key = kms.key()
    denied = hidden_from(stranger.root, "kms:RetireGrant")
    whom = {"GranteePrincipal": stranger.root}
    for more, may in (
        ({}, False),
        (whom, False),
        (whom | {"Operations": ["Encrypt", "RetireGrant"]}, True),
        ({"RetiringPrincipal": stranger.root}, True),
        ({"RetiringPrincipal": f"arn:aws:iam::{stranger.account}:user/x"}, False),
    ):
        for form in ("token", "id"):
            made = grant(kms, key, **more)
            named = (
                {"GrantToken": made["GrantToken"]}
                if form == "token"
                else {"KeyId": key.arn, "GrantId": made["GrantId"]}
            )
            if may:
                stranger.retire_grant(**named)
                assert not entry(kms, key, made)
                continue
            with refused("AccessDeniedException", denied):
                stranger.retire_grant(**named)
            kms.retire_grant(**named)
    # The account that issued it.
    made = grant(stranger, key.arn)
    stranger.retire_grant(KeyId=key.arn, GrantId=made["GrantId"])
    # What is not there looks the same as what may not be retired.
    for arn in (key.arn, kms.key_arn(UNKNOWN_KEY)):
        with refused("AccessDeniedException", denied):
            stranger.retire_grant(KeyId=arn, GrantId=NONE)


def test_the_constraints_of_the_model(kms):
    with invalid(bad("grantId", "", at_least(1))):
        kms.retire_grant(KeyId=UNKNOWN_KEY, GrantId="")
    with invalid(hidden("grantToken", at_least(1))):
        kms.retire_grant(GrantToken="")
    with invalid(hidden("grantToken", at_most(8192))):
        kms.retire_grant(GrantToken="t" * 8193)
