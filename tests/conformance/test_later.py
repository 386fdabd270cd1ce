"""What operations.md says and this server cannot show yet, because a later issue brings the means.

Each row names what is missing, the issue that brings it, and what the server answers until then.
The table must shrink to nothing: a row whose mechanism arrives fails here, and moves into the
file of its operation.
"""

import json

import pytest
from policies import allowing
from support import refused

IDENTITIES = "4, identities, policies, grants, audit"


def policy_that(**changes):
    return lambda kms: kms.put_key_policy(
        KeyId=kms.key().id, Policy=json.dumps(allowing(kms, **changes))
    )


ACCEPTED = None

LATER = {
    # What only an evaluated policy can refuse. The text is stored.
    "unknown principal: Policy contains a statement with one or more invalid principals.": (
        IDENTITIES,
        lambda kms: policy_that(Principal={"AWS": [kms.root, f"arn:aws:iam::{kms.account}:user/nobody"]})(kms),
        ACCEPTED),
    "AccessDeniedException of a key policy that denies": (
        IDENTITIES,
        lambda kms: kms.put_key_policy(
            KeyId=kms.key().id, BypassPolicyLockoutSafetyCheck=True,
            Policy=json.dumps(allowing(kms, Effect="Deny", Principal="*"))),
        ACCEPTED),
    "ThrottlingException": (
        IDENTITIES, lambda kms: [kms.generate_random(NumberOfBytes=1) for _ in range(10)], ACCEPTED),
}  # fmt: skip


def test_the_table_is_printed(capsys):
    with capsys.disabled():
        print("\n\nComes with a later issue:")
        for mechanism, (issue, _, _) in LATER.items():
            print(f"  issue {issue}: {mechanism}")
    assert {issue for issue, _, _ in LATER.values()} == {IDENTITIES}


@pytest.mark.parametrize("mechanism", LATER)
def test_until_then(kms, mechanism):
    _, call, answer = LATER[mechanism]
    if answer is ACCEPTED:
        call(kms)
        return
    with refused(*answer):
        call(kms)
