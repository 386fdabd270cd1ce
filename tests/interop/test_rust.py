"""The AWS SDK for Rust."""

import os

import pytest
import stories
from programs import BUILT, HERE, build, toolchain

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def program():
    toolchain("cargo", ["--version"], (1, 95))
    # Cargo knows itself what has to be built again.
    environment = os.environ | {"CARGO_TARGET_DIR": str(BUILT / "rust")}
    build(HERE / "rust", "cargo", "build", "--quiet", "--locked", environment=environment)
    return BUILT / "rust/debug/strongroom-interop"


def test_an_alias_and_what_it_encrypts(signed, program):
    stories.aliases(signed, program)


def test_signatures(signed, program):
    stories.signatures(signed, program)
