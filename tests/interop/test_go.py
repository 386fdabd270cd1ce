"""The AWS SDK for Go v2."""

import pytest
import stories
from programs import built, toolchain

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def program():
    version = toolchain("go", ["version"], (1, 24))
    folder = built(
        "go",
        version,
        lambda sources, folder: [
            (sources, "go", "mod", "download"),
            (sources, "go", "build", "-mod=readonly", "-buildvcs=false", "-o", folder / "kms", "."),
        ],
    )
    return folder / "kms"


def test_an_alias_and_what_it_encrypts(signed, program):
    stories.aliases(signed, program, no_message="")


def test_signatures(signed, program):
    stories.signatures(signed, program, no_message="")
