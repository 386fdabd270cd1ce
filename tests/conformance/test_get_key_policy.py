"""GetKeyPolicy (operations.md §3.8)."""

import json

from policies import default_policy
from support import (
    KeyOnlyReference,
    WorksInAllStates,
    at_least,
    at_most,
    bad,
    body_of,
    invalid,
    matching,
    null,
    refused,
)


class TestGetKeyPolicy(KeyOnlyReference, WorksInAllStates):
    def call(self, kms, key, given):
        return kms.get_key_policy(KeyId=key)


def test_the_answer_is_text_and_name_and_the_name_may_be_left_out(kms):
    key = kms.key()
    for more in ({}, {"PolicyName": "default"}):
        answer = body_of(kms.get_key_policy(KeyId=key.id, **more))
        assert set(answer) == {"Policy", "PolicyName"}
        assert answer["PolicyName"] == "default"
        assert json.loads(answer["Policy"]) == default_policy(kms)


def test_there_is_no_other_policy(kms):
    key = kms.key()
    for name in ("other", "Default", "AWS_RAM"):
        with refused("NotFoundException", "No such policy exists"):
            kms.get_key_policy(KeyId=key.id, PolicyName=name)


def test_the_constraints_of_the_parameters(kms):
    with invalid(null("keyId")):
        kms.get_key_policy()
    key = kms.key().id
    with invalid(bad("policyName", "", at_least(1)), bad("policyName", "", matching(r"[\w]+"))):
        kms.get_key_policy(KeyId=key, PolicyName="")
    with invalid(bad("policyName", "a b", matching(r"[\w]+"))):
        kms.get_key_policy(KeyId=key, PolicyName="a b")
    with invalid(bad("policyName", "p" * 129, at_most(128))):
        kms.get_key_policy(KeyId=key, PolicyName="p" * 129)
