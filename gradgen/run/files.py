"""Generated text as files, so that tracebacks show its lines and compiled code can be cached beside it.

The files lie in a folder of the user's own and are named after their text and how it is compiled. A file is trusted
only if it belongs to the user, nobody else can write to it, and it holds just the text that it is named after.
"""

from __future__ import annotations

import hashlib
import linecache
import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path


def cache_folder() -> Path:
    """Where generated files go. The environment variable GRADGEN_CACHE_DIR overrides it."""
    given = os.environ.get("GRADGEN_CACHE_DIR")
    if given:
        return Path(given)
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "gradgen"


@cache
def private_folder(folder: Path) -> Path | None:
    """`folder`, made if need be; None where it cannot be made, or is not the user's alone to write to."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder if _private(os.stat(folder)) and os.access(folder, os.W_OK | os.X_OK) else None
    except OSError:
        return None


def _private(status: os.stat_result) -> bool:
    if not hasattr(os, "getuid"):
        return True  # Windows: the folder is below the user's profile, which other users cannot write to
    return status.st_uid == os.getuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def stored(text: str, name: str, tag: str = "") -> str:
    """The file that holds `text`; where there can be none, a name under which tracebacks find the lines.

    `tag`: what else the machine code beside the file depends on. Another tag, another file.
    """
    digest = hashlib.sha256(f"{text}\0{tag}".encode()).hexdigest()
    try:
        folder = private_folder(cache_folder())
    except RuntimeError:  # there is no home directory
        folder = None
    if folder is not None:
        path = folder / f"{name if name.isidentifier() and name.isascii() else 'function'}_{digest[:24]}.py"
        if read(path) == text.encode() or written(path, text.encode()):
            return str(path)
    filename = f"<gradgen: {name} {digest[:24]}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    return filename


def read(path: Path) -> bytes | None:
    """What the file holds; None where there is none, or it may be another user's."""
    try:
        return path.read_bytes() if _private(os.lstat(path)) and not path.is_symlink() else None
    except OSError:
        return None


def written(path: Path, content: bytes) -> bool:
    """Write all or nothing: another process may be reading or writing the same file."""
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            os.replace(temporary, path)
        except OSError:
            os.unlink(temporary)
            return False
    except OSError:
        return False
    return True


def sources(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """The Python files of a folder, with their sizes and times, as Python's own caches know them."""

    def below(folder: str) -> Iterator[tuple[str, int, int]]:
        for one in os.scandir(folder):
            if one.is_dir():
                yield from below(one.path)
            elif one.name.endswith(".py"):
                yield one.path, one.stat().st_size, one.stat().st_mtime_ns

    return tuple(sorted(below(str(folder)))) if folder.is_dir() else ()
