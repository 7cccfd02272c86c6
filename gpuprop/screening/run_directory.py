"""The folder of a long screening: a manifest, one file per finished time block, at last the result.

Whatever is in it under its final name is whole: files are written under a temporary name, brought to
the disk and renamed. A run that stops at any moment leaves finished blocks and, at most, temporary files.
"""

from __future__ import annotations

import json
import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np
from pyarrow import ArrowException, parquet

from gpuprop.atomic_write import atomic_path
from gpuprop.encounter_schema import SCHEMA
from gpuprop.errors import InputError, RunError
from gpuprop.screening.failures import FailureCounts
from gpuprop.screening.stretches import Stretches

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pyarrow as pa

    from gpuprop.screening.time_blocks import BlockResult, TimeBlock

__all__ = ["RunDirectory", "has_spare_memory"]

_SPARE_BYTES = 64 * 2**20
_MANIFEST, _BLOCKS, _RESULT, _LOCK = "manifest.json", "blocks", "encounters.parquet", ".lock"


class RunDirectory:
    """A folder in which a screening is, or is to be.

    Parameters
    ----------
    path : str or path-like
        The folder; made by `begin`.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self.blocks = self.path / _BLOCKS
        self.result = self.path / _RESULT
        self.scratch = self.path / ".borders"

    def begin(self, manifest: Mapping[str, Any], *, resume: bool) -> None:
        """Start a run, or go on with the one that is there if it was begun with the same manifest.

        Raises
        ------
        InputError
            If the folder holds something else, or a run that is not to be resumed or differs.
        """
        if (self.path / _MANIFEST).exists():
            if not resume:
                raise InputError(
                    f"{self.path} holds a screening already; continue it with resume (--resume), or give "
                    "another folder"
                )
            self._compare(manifest)
        elif not all(map(_before_the_manifest, self.path.iterdir())):
            raise InputError(f"{self.path} holds other files; give a new or an empty folder")
        else:
            with self.writing(), atomic_path(self.path / _MANIFEST) as temporary:
                temporary.write_text(json.dumps(dict(manifest), indent=2) + "\n", encoding="utf-8")
        with self.writing():
            self._clear()

    def _compare(self, manifest: Mapping[str, Any]) -> None:
        try:
            begun = json.loads((self.path / _MANIFEST).read_text(encoding="utf-8"))
            names = [*begun, *(name for name in manifest if name not in begun)]
        except (ValueError, TypeError) as error:
            raise InputError(f"{self.path / _MANIFEST}: not a manifest of a screening: {error}") from None
        differing = [name for name in names if begun.get(name) != manifest.get(name)]
        if differing:
            told = "; ".join(f"{name} {begun.get(name)}, now {manifest.get(name)}" for name in differing)
            raise InputError(
                f"{self.path} was begun with other inputs: {told}; resume with the same, "
                "or give another folder"
            )

    def _clear(self) -> None:
        """Remove what an interrupted run left under temporary names."""
        self.blocks.mkdir(exist_ok=True)
        for folder in (self.path, self.blocks):
            for leftover in folder.glob(".*.tmp"):
                leftover.unlink()
        shutil.rmtree(self.scratch, ignore_errors=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes out of the folder, where the system has file locks, until the end."""
        if self.path.exists() and not self.path.is_dir():
            raise InputError(f"{self.path} is not a folder; give the name of one")
        with self.writing():
            self.path.mkdir(parents=True, exist_ok=True)
            lock = os.open(self.path / _LOCK, os.O_RDONLY | os.O_CREAT, 0o644)
        try:
            if not _locked(lock):
                raise InputError(f"{self.path}: another process is at work in this folder")
            yield
        finally:
            os.close(lock)

    def table_path(self, block: TimeBlock) -> Path:
        """Return where the encounters of a block are kept."""
        return self.blocks / f"block-{block.number:06d}.parquet"

    def _open_path(self, block: TimeBlock) -> Path:
        return self.blocks / f"block-{block.number:06d}.npz"

    def has(self, block: TimeBlock) -> bool:
        """Tell whether a block is finished: its table, written last, is there."""
        return self.table_path(block).exists()

    def write(self, block: TimeBlock, result: BlockResult) -> None:
        """Keep a finished block."""
        with self.writing():
            _require_spare_memory()
            with atomic_path(self._open_path(block)) as temporary, temporary.open("wb") as file:
                np.savez(file, **_arrays(result))
            with atomic_path(self.table_path(block)) as temporary:
                parquet.write_table(result.table, temporary, compression="zstd")

    def read(self, block: TimeBlock) -> tuple[Stretches, FailureCounts]:
        """Return what a finished block left open, and its failures."""
        with self._reading(block), np.load(self._open_path(block)) as kept:
            return (
                Stretches(*(kept[f"open_{name}"] for name in Stretches._fields)),
                FailureCounts(*(kept[f"failed_{name}"] for name in FailureCounts._fields)),
            )

    def table(self, block: TimeBlock) -> pa.Table:
        """Return the encounters inside a finished block."""
        with self._reading(block), parquet.ParquetFile(self.table_path(block)) as file:
            return file.read(use_threads=False).cast(SCHEMA)

    @contextmanager
    def _reading(self, block: TimeBlock) -> Iterator[None]:
        try:
            _require_spare_memory()
            yield
        except (OSError, ValueError, KeyError, EOFError, BadZipFile, ArrowException) as error:
            if isinstance(error, MemoryError):
                raise
            raise RunError(
                f"a file of time block {block.number} cannot be read ({error}); remove "
                f"{self.table_path(block)}, and resume (--resume)"
            ) from error

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Say in one sentence what could not be written, and that nothing is lost."""
        try:
            yield
        except (OSError, ArrowException) as error:
            if isinstance(error, MemoryError):
                raise
            reason = (isinstance(error, OSError) and error.strerror) or str(error).splitlines()[0]
            raise RunError(
                f"cannot write to {self.path}: {reason}; finished time blocks are kept: make it writable or "
                "make room, and resume (--resume)"
            ) from error

    def finish(self) -> None:
        """Remove what the result has made superfluous."""
        shutil.rmtree(self.scratch, ignore_errors=True)
        shutil.rmtree(self.blocks, ignore_errors=True)


def has_spare_memory() -> bool:
    """Tell whether there is memory for what cannot say that it found none."""
    try:
        np.empty(_SPARE_BYTES, np.uint8)
    except MemoryError:
        return False
    return True


def _require_spare_memory() -> None:
    # Arrow's C++ ends the process, or waits for ever, where it finds no memory for its small things or
    # in its threads. So it is asked to work only with room to spare, and in the calling thread.
    if not has_spare_memory():
        raise MemoryError(f"less than {_SPARE_BYTES >> 20} MiB are left")


def _arrays(result: BlockResult) -> dict[str, Any]:
    arrays = {f"open_{name}": column for name, column in result.open._asdict().items()}
    return arrays | {f"failed_{name}": column for name, column in result.failures._asdict().items()}


def _before_the_manifest(entry: Path) -> bool:
    """Tell whether a file may be there of a run that ended before it had written its manifest."""
    return entry.name == _LOCK or entry.match(f".{_MANIFEST}.*.tmp")


def _locked(file: int) -> bool:
    """Lock an open file until it is closed, where the system has such locks; tell whether it was free."""
    try:
        import fcntl
    except ImportError:  # not on Windows
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
