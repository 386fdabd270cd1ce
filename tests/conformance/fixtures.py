"""Servers and accounts for the tests here and in `interop`.

Most modules share one `strongroom dev` and keep apart by account: each module is a caller of its
own, so that listings and quotas of one never show in another.
"""

import pytest

pytest.register_assert_rewrite(
    "alias_rules", "data_key_pairs", "data_keys", "grants", "imports", "key_specs", "key_stores",
    "paging", "policies", "srk", "support", "tagging",
)

from key_stores import Outside  # noqa: E402
from support import Server, account_of, all_recorded, chain_holds  # noqa: E402


def pytest_collection_modifyitems(items):
    for item in items:
        if not any(item.iter_markers("timeout")):
            item.add_marker(pytest.mark.timeout(60))
    # It looks back on what all the others were told.
    items.sort(key=lambda item: item.path.name == "test_every_error.py")


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """A dev server on the embedded store, as `cargo run -- dev` starts it."""
    with Server.dev(tmp_path_factory.mktemp("dev") / "data") as running:
        yield running
    # Whatever the tests asked it, its journal has it all.
    all_recorded(running)
    chain_holds(running.data_dir)


@pytest.fixture(scope="module")
def kms(server, request):
    """The account of this test module."""
    return server.service(account_of(request.module.__name__))


@pytest.fixture(scope="module")
def stranger(server, request):
    """Another account."""
    return server.service(account_of(request.module.__name__ + " stranger"))


@pytest.fixture
def fresh(server, request):
    """An account that nobody used before: for listings and quotas."""
    return server.service(account_of(request.node.nodeid))


@pytest.fixture(scope="session")
def outside(tmp_path_factory):
    """A dev server with an external key store proxy and two HSM clusters within its reach."""
    with Outside(tmp_path_factory.mktemp("outside")) as running:
        yield running
        all_recorded(running.server)
    chain_holds(running.server.data_dir)


@pytest.fixture
def proxy(outside):
    """The external key store proxy, which behaves at the beginning of each test."""
    outside.proxy.behave()
    yield outside.proxy
    outside.proxy.behave()


@pytest.fixture
def owner(outside, request):
    """An account of the server that reaches the outside, which nobody used before."""
    return outside.server.service(account_of(request.node.nodeid))


@pytest.fixture
def raw(server):
    with server.raw() as connection:
        yield connection
