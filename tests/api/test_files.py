"""Generated files: where they lie, whom they are trusted from, and what happens where there can be none."""

from __future__ import annotations

import linecache
import os
import stat
import sys
import threading
import traceback

import pytest

from gradgen.run import files, python_backend

TEXT = "def f(x):\n    return 1 / x\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADGEN_CACHE_DIR", str(tmp_path / "cache"))
    files.private_folder.cache_clear()
    yield tmp_path / "cache"
    files.private_folder.cache_clear()


def test_the_same_text_the_same_file(folder):
    name = files.stored(TEXT, "f")
    assert name == files.stored(TEXT, "f") != files.stored(TEXT + "\n", "f")
    assert os.path.dirname(name) == str(folder) and os.path.basename(name).startswith("f_")
    assert sorted(os.listdir(folder)) == sorted(os.path.basename(one) for one in (name, files.stored(TEXT + "\n", "f")))
    with open(name) as file:
        assert file.read() == TEXT


@pytest.mark.skipif(sys.platform == "win32", reason="modes are of POSIX")
def test_private(folder):
    name = files.stored(TEXT, "f")
    assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
    assert not os.stat(name).st_mode & 0o077


def test_what_others_put_there_is_replaced(folder):
    name = files.stored(TEXT, "f")
    with open(name, "w") as file:
        file.write("evil = True\n")
    assert files.stored(TEXT, "f") == name
    with open(name) as file:
        assert file.read() == TEXT


@pytest.mark.skipif(sys.platform == "win32", reason="modes are of POSIX")
def test_a_folder_that_others_can_write_to_is_not_used(folder):
    folder.mkdir()
    folder.chmod(0o777)
    assert files.stored(TEXT, "f").startswith("<gradgen")
    assert not list(folder.iterdir())


def test_no_folder_at_all(tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("GRADGEN_CACHE_DIR", str(blocked / "below"))
    files.private_folder.cache_clear()
    name = files.stored(TEXT, "f")
    assert name.startswith("<gradgen") and linecache.getline(name, 2) == "    return 1 / x\n"
    (f,) = python_backend.load(TEXT, name, ["f"])
    with pytest.raises(ZeroDivisionError) as caught:
        f(0)
    linecache.checkcache()
    assert "return 1 / x" in "".join(traceback.format_tb(caught.value.__traceback__))


@pytest.mark.parametrize("name", ["<lambda>", "größe", "a/../../b", ""])
def test_any_name(folder, name):
    assert os.path.dirname(files.stored(TEXT, name)) == str(folder)


def test_threads(folder):
    found = []
    threads = [threading.Thread(target=lambda: found.append(files.stored(TEXT, "f"))) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(set(found)) == 1 and len(os.listdir(folder)) == 1


def test_the_folder_of_the_platform(monkeypatch, tmp_path):
    monkeypatch.delenv("GRADGEN_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    assert files.cache_folder() == tmp_path / "gradgen"
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    monkeypatch.setattr(sys, "platform", "win32")
    assert files.cache_folder() == tmp_path / "local" / "gradgen"
