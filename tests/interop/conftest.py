"""The fixtures of the conformance tests, for clients that are more than an SDK."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "conformance"))

from fixtures import *  # noqa: E402, F403
