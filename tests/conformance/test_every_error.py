"""Every error that the service model documents is provoked, operation by operation.

This comes last and looks back on the run: what boto3's clients were refused with by `refused`,
which compares code, status and text. The list is AWS's own service model. A pair that is missing
fails, and so does one that is excused here and was provoked after all.
"""

import json
import pathlib

import pytest
from support import PROVOKED, REPOSITORY

MODEL = json.loads((REPOSITORY / "model" / "kms-2014-11-01.json").read_text())
DOCUMENTED = {
    (operation, error["shape"])
    for operation, described in MODEL["operations"].items()
    for error in described.get("errors", ())
}

EVERY_STATE = "the page of key states lets it be called in every state (operations.md §4.3)"
# What the model documents and cannot happen with AWS either, each with its reason.
NEVER = {
    **dict.fromkeys(
        [
            (operation, "KMSInvalidStateException")
            for operation in (
                "DeleteAlias", "GetKeyPolicy", "GetKeyRotationStatus", "ListGrants",
                "ListKeyPolicies", "ListKeyRotations", "PutKeyPolicy", "RetireGrant", "RevokeGrant",
            )
        ],
        EVERY_STATE,
    ),
    ("CreateAlias", "InvalidAliasNameException"): "nobody was ever answered it (§3.2)",
    ("EnableKey", "LimitExceededException"): "no quota is left that it would be of (§3.3)",
    ("GetPublicKey", "DisabledException"): "the service answers for disabled keys (§4.3, measured)",
    ("GetPublicKey", "InvalidKeyUsageException"): "it is for keys of every usage",
    ("ListRetirableGrants", "NotFoundException"): "it names a principal, which need not be there",
    ("TagResource", "LimitExceededException"): "too many tags are a TagException (§3.9)",
    ("UntagResource", "TagException"): "a key that no tag has is no error (§3.9)",
}  # fmt: skip

# What AWS answers, and cannot come about here: differences, which `docs/compatibility.md` tells.
NOT_HERE = {
    ("DeleteImportedKeyMaterial", "KMSInvalidStateException"): (
        "only of a key that is Creating or Updating, and related keys are in step when a call ends"
    ),
    **dict.fromkeys(
        [
            ("ConnectCustomKeyStore", f"CloudHsmCluster{what}Exception")
            for what in ("InvalidConfiguration", "NotActive")
        ],
        "the cluster is asked after the answer, and the ConnectionErrorCode tells what it said",
    ),
}  # fmt: skip
EXCUSED = NEVER | NOT_HERE


def only_a_part(session):
    """Whether some tests of this folder were left out of the run."""
    here = pathlib.Path(__file__).parent
    options = session.config.option
    chosen = options.keyword or options.markexpr or options.deselect or getattr(options, "lf", False)
    named = any("::" in argument for argument in session.config.args)
    missing = set(here.glob("test_*.py")) - {item.path for item in session.items}
    return chosen or named or missing


def test_the_excuses_are_of_what_is_documented():
    assert set(EXCUSED) <= DOCUMENTED
    assert not set(NEVER) & set(NOT_HERE)


def test_every_documented_error_is_provoked(request):
    if only_a_part(request.session):
        pytest.skip("only a part of the suite runs")
    provoked = PROVOKED & DOCUMENTED
    holes = sorted(DOCUMENTED - provoked - set(EXCUSED))
    assert not holes, "\n".join(f"{operation}: {error}" for operation, error in holes)
    assert not provoked & set(EXCUSED), "these happen, so they need no excuse"
