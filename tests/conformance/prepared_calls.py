"""One call of each operation that would succeed, ready to be made when something is amiss."""

from support import MODEL
from test_audit_record import CASES, FAILURES

# These need what is outside, and fail; but not before the store and the journal are asked.
OUTSIDE = {name for name in MODEL.operation_names if "CustomKeyStore" in name}


class Prepared(Exception):
    """The parameters of a call that is not made yet."""


def prepare(kms, operation):
    """The parameters of a call that would succeed, with all that has to be there for it."""
    if operation in OUTSIDE:
        return FAILURES.get(operation, ({}, None))[0]

    def keep(params, **_):
        raise Prepared(params)

    events, name = kms.boto.meta.events, f"provide-client-params.kms.{operation}"
    events.register(name, keep)
    try:
        CASES[operation](kms)
    except Prepared as prepared:
        return prepared.args[0]
    finally:
        events.unregister(name, keep)
    raise AssertionError(f"{operation} was not called")
