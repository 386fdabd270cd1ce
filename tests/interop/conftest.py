"""The fixtures of the conformance tests, for clients that are more than an SDK."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "conformance"))

pytest.register_assert_rewrite("stories")

from fixtures import *  # noqa: E402, F403
from programs import SignedAccount  # noqa: E402
from support import all_recorded, chain_holds  # noqa: E402


@pytest.fixture(scope="module")
def signed(tmp_path_factory, request):
    """An account on a server of the module's own that believes nothing but signatures.

    A module that needs TLS says so with `SERVER = ["--tls-self-signed"]`.
    """
    folder = tmp_path_factory.mktemp("signed")
    with SignedAccount.server(folder, *getattr(request.module, "SERVER", [])) as account:
        yield account
    # Whatever boto3 asked beside the client, the journal has it, in one unbroken chain.
    all_recorded(account.server)
    chain_holds(account.server.data_dir)
