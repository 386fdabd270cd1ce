"""The AWS SDK for Java v2."""

import pytest
import stories
from programs import built, toolchain

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def program():
    compiler = toolchain("javac", ["-version"], (17,))
    toolchain("mvn", ["-v"], (3, 6))
    folder = built(
        "java",
        compiler,
        lambda sources, folder: [
            (sources, "mvn", "-q", "-B", f"-Dbuilt={folder / 'maven'}", "compile",
             "dependency:copy-dependencies", "-DincludeScope=runtime"),
        ],
    )  # fmt: skip
    classes = f"{folder / 'maven/classes'}:{folder / 'maven/dependency'}/*"
    # A short life: no time for the second compiler to pay off.
    return "java", "-XX:TieredStopAtLevel=1", "-cp", classes, "Kms"


def test_an_alias_and_what_it_encrypts(signed, program):
    stories.aliases(signed, *program)


def test_signatures(signed, program):
    stories.signatures(signed, *program)
