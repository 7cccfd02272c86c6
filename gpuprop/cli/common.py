"""What the sub-commands share: arguments, reading a catalog, printing."""

from __future__ import annotations

import json
import sys
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from gpuprop.errors import CatalogError, InputError
from gpuprop.shown import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console
    from rich.text import Text

    from gpuprop.catalog import Catalog

File = Annotated[
    str,
    typer.Argument(
        metavar="FILE",
        help="Catalog: OMM (CSV, JSON, XML, KVN), TLE or 3LE; 'sample' is the one that comes with gpuprop.",
    ),
]
Engine = Annotated[Literal["auto", "cpu", "cuda"], typer.Option(help="What computes.")]
Mode = Annotated[
    Literal["afspc", "improved"],
    typer.Option(
        help="Variant of SGP4: 'afspc' is what made the elements, 'improved' is python-sgp4's default."
    ),
]
Start = Annotated[str, typer.Option(help="Start of the window, ISO 8601; UTC unless it has an offset.")]
Hours = Annotated[float | None, typer.Option(help="Length of the window, in place of --stop.")]
Output = Annotated[
    str | None, typer.Option("--output", "-o", help="Write all rows to a .parquet or .csv file.")
]
Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON document, for machines, in place of text.")
]

Strict = Annotated[bool, typer.Option("--strict", help="Stop if any record of the catalog is refused.")]
ReportFile = Annotated[
    str | None,
    typer.Option(
        "--report", metavar="CSV", help="Write what was refused or repaired in the catalog, line by line."
    ),
]

WIDTH_OF_FILES = 160  # rich assumes 80 columns where there is no terminal and cuts tables to that


def console() -> Console:
    """Return the console for results, on standard output."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else WIDTH_OF_FILES, highlight=False, soft_wrap=True)


def printable(name: str) -> Text:
    """Return a name from a catalog as plain text: no markup, no control codes."""
    from rich.text import Text

    return Text(shown(name))


def read_catalog(file: str, *, strict: bool = False, report: str | None = None) -> Catalog:
    """Read the catalog that FILE stands for, write its report, and hold it to ``--strict``."""
    from gpuprop import Catalog

    # The report is to be there when the run stops for what is in it.
    early = strict and report is None
    catalog = Catalog.sample() if file == "sample" else Catalog.read(file, strict=early)
    if report is None:
        return catalog
    catalog.report.to_csv(report)
    refused = catalog.report.only("refused")
    if strict and refused:
        raise CatalogError(f"{refused[0].place}: {refused[0].reason}; --report {report} lists {len(refused)}")
    return catalog


def window_ns(start: str, stop: str | None, hours: float | None) -> tuple[int, int]:
    """Return both ends of the window that --start with --stop or --hours stands for."""
    from gpuprop.timescale import instant_ns

    if (stop is None) == (hours is None):
        raise InputError("give the end of the window by one of --stop and --hours")
    first = instant_ns(start, name="--start")
    if hours is None:
        return first, instant_ns(stop, name="--stop")
    if not 0.0 < hours < 1e6:
        raise InputError(f"--hours is {hours:g}; give a length above zero")
    return first, first + round(hours * 3.6e12)


def output_kind(path: str | None, option: str = "--output") -> str | None:
    """Tell Parquet from CSV by the suffix, before anything is computed."""
    if path is None:
        return None
    kind = Path(path).suffix.lower().removeprefix(".")
    if kind not in ("parquet", "csv"):
        raise InputError(f"{option} {path}: end the name in .parquet or .csv")
    if not Path(path).absolute().parent.is_dir():
        raise InputError(f"{option} {path}: the folder does not exist; create it first")
    return kind


def describe_catalog(catalog: Catalog) -> list[str]:
    """Say how many objects there are and how many records were refused or repaired."""
    lines = [f"objects            {len(catalog):,}"]
    actions = Counter(str(record.action) for record in catalog.report)
    lines += [f"records {action:<10} {count:,}" for action, count in sorted(actions.items())]
    return lines


def catalog_facts(catalog: Catalog) -> dict[str, Any]:
    """Return for machines what `describe_catalog` says."""
    actions = Counter(str(record.action) for record in catalog.report)
    return {"objects": len(catalog), "records": dict(sorted(actions.items()))}


def print_json(document: Any) -> None:
    """Print the one document that ``--json`` promises on standard output."""
    typer.echo(json.dumps(document, indent=1, allow_nan=False))


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[int, int], None] | None]:
    """Give a callable ``(done, total)`` that draws a bar on stderr, or None where that is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from gpuprop.cli.progress import bar

    with bar(f"{title}: preparing (the first run on a machine compiles)") as update:
        yield lambda done, total: update(description=title, completed=done, total=total)
