"""``gpuprop screen`` into a folder or on many workers: interruptions, and results larger than memory."""

from __future__ import annotations

import signal
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import typer

from gpuprop.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType
    from typing import NoReturn

    from gpuprop.encounter_table import Encounters

__all__ = ["folder_of", "interruptible", "kinds", "on_workers", "picked"]

_INTERRUPTED, _TERMINATED = 130, 143
_BATCH_ROWS = 65_536


def folder_of(output: str | None, *, resume: bool) -> str | None:
    """Return what --output names if that is a folder for a long run, and not a .parquet or .csv file."""
    is_file = output is None or Path(output).suffix.lower() in (".parquet", ".csv")
    if is_file and resume:
        raise InputError("--resume goes with a folder; give its name by --output, without .parquet or .csv")
    if is_file or output is None:
        return None
    if Path(output).suffix[1:].isalpha() and not Path(output).is_dir():
        raise InputError(
            f"--output {output}: end the name in .parquet or .csv, or give a folder without an ending"
        )
    return output


class _Terminated(KeyboardInterrupt):
    """SIGTERM, as an exception."""


def _terminate(number: int, frame: FrameType | None) -> NoReturn:
    raise _Terminated


@contextmanager
def interruptible(folder: str | None) -> Iterator[None]:
    """Leave with 130 on Ctrl-C and 143 on SIGTERM, and say how to go on.

    A block that is being computed is given up; one that is being written leaves no file or a whole one.
    """
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    except KeyboardInterrupt as stopped:
        kept = "nothing was written"
        if folder is not None:
            kept = f"finished time blocks are in {folder}; the same command with --resume goes on from there"
        typer.echo(f"gpuprop: stopped; {kept}", err=True)
        raise typer.Exit(_TERMINATED if isinstance(stopped, _Terminated) else _INTERRUPTED) from None
    finally:
        signal.signal(signal.SIGTERM, before)


def on_workers(*arguments: Any, **options: Any) -> Encounters:
    """Screen on many workers without a folder to keep."""
    from gpuprop import Encounters, screen_to

    with TemporaryDirectory(prefix="gpuprop-") as folder:
        return Encounters.read(screen_to(folder, *arguments, **options))


def kinds(path: str) -> Counter[str]:
    """Count the encounters of a file by kind."""
    counts: Counter[str] = Counter()
    for part in _parts(path, ["kind"]):
        counts.update(part["kind"].to_pylist())
    return counts


def picked(path: str, pick: Callable[[Encounters], Encounters]) -> Encounters:
    """Return what `pick` takes of a file, and its report; taken part by part that must be the same."""
    import pyarrow as pa
    from pyarrow import parquet

    from gpuprop import Encounters
    from gpuprop.encounter_schema import SCHEMA

    found = SCHEMA.empty_table()
    for part in _parts(path, SCHEMA.names):
        found = pick(Encounters(pa.concat_tables([found, part.cast(SCHEMA)]))).to_arrow()
    return Encounters(found.replace_schema_metadata(parquet.read_schema(path).metadata))


def _parts(path: str, columns: list[str]) -> Iterator[Any]:
    import pyarrow as pa
    from pyarrow import parquet

    with parquet.ParquetFile(path) as file:
        for batch in file.iter_batches(_BATCH_ROWS, columns=columns, use_threads=False):
            yield pa.Table.from_batches([batch]).replace_schema_metadata(None)
