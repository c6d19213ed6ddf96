"""Every block of the README and of the pages in docs is run, and prints what the page says."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.support.pages import ROOT, blocks, expected_output, printed, updated

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_python_blocks(page: Path, tmp_path: Path, update_golden: bool) -> None:
    found = blocks(page.read_text(encoding="utf-8"))
    if not any(block.language == "python" for block in found):
        return
    output = printed(found, tmp_path)
    if update_golden:
        page.write_text(updated(page.read_text(encoding="utf-8"), output), encoding="utf-8")
        found = blocks(page.read_text(encoding="utf-8"))
    assert output == expected_output(found)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_the_name_on_the_package_index_is_never_installed() -> None:
    """It belongs to another project."""
    for page in PAGES:
        for line in page.read_text(encoding="utf-8").splitlines():
            assert not re.search(r"pip install\s+(-\S+\s+)*['\"]?gradgen", line), f"{page}: {line}"


def test_the_commands_of_the_readme() -> None:
    """The first runs the example that test_examples runs; .ci/run takes the second from the README itself."""
    shell = [block.text for block in blocks((ROOT / "README.md").read_text(encoding="utf-8")) if block.language == "sh"]
    assert len(shell) == 2
    steps = [step.strip() for step in shell[0].split("&&")]
    assert steps == [
        "python3.11 -m venv .venv",
        '.venv/bin/pip install ".[examples]"',
        ".venv/bin/python examples/diabetes.py",
    ]
    assert '.venv/bin/pip install ".[test]"' in shell[1]
    assert ".venv/bin/python -m pytest" in shell[1]
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    extraction = re.search(r"command=\$\((.*)\)\n", script)
    assert extraction is not None
    taken = subprocess.run(["bash", "-c", extraction[1]], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert taken == shell[1]
