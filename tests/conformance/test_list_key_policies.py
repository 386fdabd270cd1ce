"""ListKeyPolicies (operations.md §3.8 and §7)."""

from support import (
    KeyOnlyReference,
    WorksInAllStates,
    bad,
    body_of,
    invalid,
    null,
    value_at_least,
    value_at_most,
)


class TestListKeyPolicies(KeyOnlyReference, WorksInAllStates):
    def call(self, kms, key, given):
        return kms.list_key_policies(KeyId=key)


def test_there_is_one_policy_whatever_the_paging(kms):
    key = kms.key()
    # InvalidMarkerException is not modelled here: any marker is tolerated.
    for more in ({}, {"Limit": 1}, {"Limit": 1000}, {"Marker": "anything"}):
        answer = body_of(kms.list_key_policies(KeyId=key.id, **more))
        assert answer == {"PolicyNames": ["default"], "Truncated": False}


def test_the_constraints_of_the_parameters(kms):
    with invalid(null("keyId")):
        kms.list_key_policies()
    with invalid(bad("limit", 0, value_at_least(1))):
        kms.list_key_policies(KeyId=kms.key().id, Limit=0)
    with invalid(null("keyId"), bad("limit", 1001, value_at_most(1000))):
        kms.list_key_policies(Limit=1001)
