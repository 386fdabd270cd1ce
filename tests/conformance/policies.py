"""What is asked of every operation that takes a key policy (operations.md §3.8)."""

import json

import pytest
from support import at_least, at_most, bad, invalid, matching, refused

LOCKED_OUT = "The new key policy will not allow you to update the key policy in the future."
PATTERN = matching(r"[\u0009\u000A\u000D\u0020-\u00FF]+")


def default_policy(kms):
    return {
        "Version": "2012-10-17",
        "Id": "key-default-1",
        "Statement": [
            {
                "Sid": "Enable IAM User Permissions",
                "Effect": "Allow",
                "Principal": {"AWS": kms.root},
                "Action": "kms:*",
                "Resource": "*",
            }
        ],
    }


def allowing(kms, **changes):
    """A policy with one statement that lets the account do everything, with `changes`."""
    statement = default_policy(kms)["Statement"][0] | changes
    return {
        "Version": "2012-10-17",
        "Statement": [{name: value for name, value in statement.items() if value is not None}],
    }


class PolicyRules:
    """`put(self, kms, policy, **more)` sets the text and returns what GetKeyPolicy then says."""

    def put(self, kms, policy, **more):
        raise NotImplementedError

    def test_the_text_is_kept_as_it_was_sent(self, kms):
        for text in (
            json.dumps(default_policy(kms)),
            json.dumps(allowing(kms), indent=4),
            "\t" + json.dumps(allowing(kms, Sid="ü"), ensure_ascii=False) + "\r\n",
        ):
            assert self.put(kms, text) == text

    def test_the_constraints_of_the_policy(self, kms):
        with invalid(bad("policy", "", at_least(1)), bad("policy", "", PATTERN)):
            self.put(kms, "")
        with invalid(bad("policy", "Ā", PATTERN)):
            self.put(kms, "Ā")
        with invalid(bad("policy", "p" * 131073, at_most(131072))):
            self.put(kms, "p" * 131073)

    def test_a_policy_over_32768_bytes_is_too_long(self, kms):
        text = json.dumps(allowing(kms))
        assert self.put(kms, text.ljust(32768))
        with refused("LimitExceededException"):
            self.put(kms, text.ljust(32769))
        # The limit counts bytes: each of these letters is two.
        with refused("LimitExceededException"):
            self.put(kms, json.dumps(allowing(kms, Sid="ü" * 16384), ensure_ascii=False))

    @pytest.mark.parametrize(
        "text",
        ["x", "{", "[]", "null", '"text"', "{}", '{"Version":"2012-10-17"}',
         '{"Version":"2012-10-17","Statement":"all"}', '{"Version":"2012-10-17","Statement":[1]}'],
    )  # fmt: skip
    def test_text_that_is_no_policy_is_refused_without_a_message(self, kms, text):
        with refused("MalformedPolicyDocumentException", None):
            self.put(kms, text)

    @pytest.mark.parametrize("changes", [{"Effect": "Maybe"}, {"Effect": None}, {"Colour": "red"}])
    def test_a_statement_that_is_none_is_refused(self, kms, changes):
        with refused("MalformedPolicyDocumentException"):
            self.put(kms, json.dumps(allowing(kms, **changes)))

    def test_a_version_that_is_none_is_refused(self, kms):
        with refused("MalformedPolicyDocumentException"):
            self.put(kms, json.dumps(allowing(kms) | {"Version": "1999-01-01"}))

    @pytest.mark.parametrize("principal", ["nobody", "arn:aws:iam::{}:group/g", "arn:aws:s3:::b"])
    def test_a_principal_that_is_none_is_refused(self, kms, principal):
        principals = {"AWS": [kms.root, principal.format(kms.account)]}
        with refused("InvalidArnException", "An ARN in the specified key policy is invalid."):
            self.put(kms, json.dumps(allowing(kms, Principal=principals)))

    def test_a_statement_without_principal_is_refused(self, kms):
        policy = allowing(kms)
        policy["Statement"].append({"Effect": "Allow", "Action": "kms:Encrypt", "Resource": "*"})
        with refused(
            "MalformedPolicyDocumentException", "Policy contains a statement with no principal."
        ):
            self.put(kms, json.dumps(policy))

    @pytest.mark.parametrize("lacking", ["Action", "Resource"])
    def test_a_statement_without_action_or_resource_is_accepted(self, kms, lacking):
        policy = allowing(kms)
        ineffective = allowing(kms, **{lacking: None, "Sid": "second"})
        policy["Statement"] += ineffective["Statement"]
        assert json.loads(self.put(kms, json.dumps(policy))) == policy

    @pytest.mark.parametrize(
        "changes",
        [{"Action": "kms:Describe*"}, {"Effect": "Deny"}, {"NotAction": "kms:Put*", "Action": None},
         {"Principal": {"AWS": "arn:aws:iam::999988887777:root"}}],
    )  # fmt: skip
    def test_a_policy_that_locks_its_author_out_needs_to_be_insisted_on(self, kms, changes):
        narrow = json.dumps(allowing(kms, **changes))
        for more in ({}, {"BypassPolicyLockoutSafetyCheck": False}):
            with refused("MalformedPolicyDocumentException", LOCKED_OUT):
                self.put(kms, narrow, **more)
        assert self.put(kms, narrow, BypassPolicyLockoutSafetyCheck=True) == narrow
