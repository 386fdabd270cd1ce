"""PutKeyPolicy (operations.md §3.8). Policies are stored and checked here, and weighed later."""

import json

from policies import PolicyRules, allowing
from support import (
    KeyOnlyReference,
    WorksInAllStates,
    bad,
    invalid,
    matching,
    null,
    refused,
)


class TestPutKeyPolicy(KeyOnlyReference, WorksInAllStates):
    def call(self, kms, key, given):
        return kms.put_key_policy(KeyId=key, Policy=json.dumps(allowing(kms)))


class TestPolicy(PolicyRules):
    def put(self, kms, policy, **more):
        key = kms.key()
        answer = kms.put_key_policy(KeyId=key.id, Policy=policy, **more)
        assert set(answer) == {"ResponseMetadata"}
        return kms.get_key_policy(KeyId=key.id)["Policy"]


def test_the_name_may_be_said_or_left_out(kms):
    key = kms.key()
    for number, more in enumerate(({}, {"PolicyName": "default"})):
        text = json.dumps(allowing(kms, Sid=f"s{number}"))
        kms.put_key_policy(KeyId=key.id, Policy=text, **more)
        assert kms.get_key_policy(KeyId=key.id)["Policy"] == text


def test_a_refused_policy_leaves_the_old_one(kms):
    key = kms.key()
    before = kms.get_key_policy(KeyId=key.id)["Policy"]
    with refused("MalformedPolicyDocumentException", None):
        kms.put_key_policy(KeyId=key.id, Policy="{}")
    assert kms.get_key_policy(KeyId=key.id)["Policy"] == before


def test_the_policy_of_shared_resources_belongs_to_ram(kms):
    with refused(
        "ValidationException", "The AWS_RAM policy can only be managed by the RAM service."
    ):
        kms.put_key_policy(
            KeyId=kms.key().id, PolicyName="AWS_RAM", Policy=json.dumps(allowing(kms))
        )


def test_there_is_no_other_policy_to_put(kms):
    with refused("UnsupportedOperationException"):
        kms.put_key_policy(KeyId=kms.key().id, PolicyName="mine", Policy=json.dumps(allowing(kms)))


def test_the_constraints_of_the_parameters(kms):
    with invalid(null("keyId"), null("policy")):
        kms.put_key_policy()
    with invalid(null("policy"), bad("policyName", "a b", matching(r"[\w]+"))):
        kms.put_key_policy(KeyId=kms.key().id, PolicyName="a b")
