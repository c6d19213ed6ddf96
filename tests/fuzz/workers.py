"""Judges programs in processes of their own, so that one that dies or hangs is no more than that program's verdict."""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from tests.fuzz.writer import program

PATIENCE = 600  # seconds for one program and its shrinking; compiled text cannot be interrupted but with its process
SIZES = {False: 7, True: 3}  # Numba compiles for a second and more: smaller programs, more of them
LIFE = 300  # programs that one process judges, as compiled text stays in its memory


@dataclass
class _Worker:
    jit: bool
    judged: int = 0
    seed: int = 0
    since: float = 0
    connection: Connection = field(init=False)
    process: BaseProcess = field(init=False)

    def __post_init__(self) -> None:
        self.connection, theirs = multiprocessing.Pipe()
        self.process = multiprocessing.get_context("spawn").Process(target=_work, args=(theirs, self.jit), daemon=True)
        self.process.start()
        theirs.close()

    def give(self, seed: int) -> None:
        self.seed, self.since = seed, time.monotonic()
        self.judged += 1
        self.connection.send(seed)

    def answer(self) -> tuple[int, str, str, str]:
        try:
            return self.connection.recv()
        except (EOFError, ConnectionError):
            self.process.join()
            self.judged = LIFE
            return self.seed, "crashed", f"the process ended with {self.process.exitcode}", text_of(self.seed, self.jit)

    def end(self) -> None:
        self.connection.close()
        self.process.join()


def verdicts(seeds: range, jit: bool, workers: int) -> Iterator[tuple[int, str, str, str]]:
    """Seed, kind and reason of each program and, of a defect, the shrunk text."""
    left = iter(seeds)
    free = [_Worker(jit) for _ in range(min(workers, len(seeds)))]
    busy: list[_Worker] = []
    while free or busy:
        for worker in free:
            seed = next(left, None)
            if seed is None or worker.judged >= LIFE:
                worker.end()
                worker = _Worker(jit) if seed is not None else None
            if worker is not None and seed is not None:
                worker.give(seed)
                busy.append(worker)
        ready = wait([worker.connection for worker in busy], timeout=1)
        free = [worker for worker in busy if worker.connection in ready]
        busy = [worker for worker in busy if worker.connection not in ready]
        for worker in free:
            yield worker.answer()
        for worker in busy:
            if time.monotonic() - worker.since > PATIENCE:
                worker.process.kill()


def text_of(seed: int, jit: bool) -> str:
    return program(seed, SIZES[jit])


def _work(connection: Connection, jit: bool) -> None:
    """Answer for each seed that comes, until no more do."""
    from tests.fuzz.shrink import shrink
    from tests.fuzz.verdict import judge

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        while True:
            try:
                seed = connection.recv()
            except (EOFError, ConnectionError):
                return
            text = text_of(seed, jit)
            found = judge(text, seed, folder, jit)
            small = ""
            if found.defect:
                small = shrink(text, lambda smaller: judge(smaller, seed, folder, jit).key == found.key)
            connection.send((seed, found.kind, found.reason, small))
