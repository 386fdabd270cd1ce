"""Grants, as most tests want them."""


def user(kms, name="bob"):
    return f"arn:aws:iam::{kms.account}:user/{name}"


def grant(kms, key, **more):
    """A new grant on `key`; boto3's answer."""
    said = {
        "KeyId": getattr(key, "id", key),
        "GranteePrincipal": user(kms),
        "Operations": ["Encrypt", "Decrypt"],
    } | more
    return kms.create_grant(**{name: value for name, value in said.items() if value is not ...})


def entry(kms, key, made):
    """What ListGrants says of a grant, or None."""
    listed = kms.list_grants(KeyId=key.id, GrantId=made["GrantId"])["Grants"]
    return listed[0] if listed else None


def not_found(grant_id):
    return f"Grant ID {grant_id} not found"
