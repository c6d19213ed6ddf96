"""The blocks of a Markdown page, and what its Python prints. A page is one program, run in one process:

a `python` block that is followed by a `text` block prints just that text; one that is not prints nothing.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
MARK = "<<< next block >>>"


@dataclass(frozen=True)
class Block:
    language: str
    text: str


def blocks(page: str) -> list[Block]:
    """The fenced blocks in order.

    >>> blocks("a\\n```sh\\nls\\n```\\nb\\n")
    [Block(language='sh', text='ls\\n')]
    """
    return [Block(*found) for found in re.findall(r"^```(\w*)\n(.*?)^```$", page, flags=re.M | re.S)]


def expected_output(found: list[Block]) -> list[str]:
    """What each Python block prints, as the page says it."""
    following = [*found[1:], Block("", "")]
    return [
        after.text.strip() if after.language == "text" else ""
        for block, after in zip(found, following, strict=True)
        if block.language == "python"
    ]


def printed(found: list[Block], folder: Path) -> list[str]:
    """What each Python block does print."""
    parts = [block.text for block in found if block.language == "python"]
    path = folder / "page.py"
    path.write_text(f"\nprint({MARK!r})\n".join(parts), encoding="utf-8")
    command = [sys.executable, "-W", "error", str(path)]
    run = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return [part.strip() for part in run.stdout.split(MARK)]


def updated(page: str, output: list[str]) -> str:
    """The page with what its Python blocks print put into the `text` blocks that follow them."""
    pieces = re.split(r"(^```python\n.*?^```$\n(?:\n```text\n.*?^```$\n)?)", page, flags=re.M | re.S)
    for k, text in zip(range(1, len(pieces), 2), output, strict=True):
        source = pieces[k].partition("\n```\n")[0]
        pieces[k] = source + "\n```\n" + (f"\n```text\n{text}\n```\n" if text else "")
    return "".join(pieces)


def environment() -> dict[str, str]:
    """This process's, with the checkout first on the path."""
    return {**os.environ, "PYTHONPATH": str(ROOT)}
