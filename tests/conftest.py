"""Options that all tests share: the Hypothesis profiles, `--update-golden` and `--without`."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from gradgen.run import index
from tests.support.without import leave_out

# More than half of their time compiled tests would spend in LLVM's optimiser, which they are not about.
# With NUMBA_OPT=3 they run what users run.
os.environ.setdefault("NUMBA_OPT", "1")

_COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large]}
# The same examples in every run: a failure is of the change, never of the day.
settings.register_profile("ci", derandomize=True, max_examples=60, database=None, **_COMMON)
settings.register_profile("search", max_examples=700, **_COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


FREEZE = 50  # tests
_done = iter(range(1, 1_000_000))


def pytest_runtest_teardown() -> None:
    """What Numba keeps of compiled functions is not gone through again by each collection of garbage."""
    if next(_done) % FREEZE == 0:
        gc.collect()
        gc.freeze()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="write generated text into tests/golden and the pages"
    )
    parser.addoption("--without", default="", help="optimisations to leave out, see tests/support/without.py")


def pytest_configure(config: pytest.Config) -> None:
    leave_out([name for name in config.getoption("--without").split(",") if name])
    # Each test is of texts that are written now.
    index.place_for = lambda *_: None


PLACE_FOR = index.place_for


@pytest.fixture
def texts_are_remembered(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GRADGEN_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(index, "place_for", PLACE_FOR)


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-golden"))
