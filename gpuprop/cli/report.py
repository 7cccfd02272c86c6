"""``gpuprop report``: one page to open, send and keep."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gpuprop.cli import analysis, common
from gpuprop.errors import InputError


def report(
    encounters: Annotated[
        str, typer.Argument(metavar="ENCOUNTERS", help="What 'gpuprop screen' or 'gpuprop pc' wrote.")
    ],
    *,
    output: Annotated[str, typer.Option("--output", "-o", help="The page to write, .html.")],
    catalog: Annotated[
        str | None,
        typer.Option(help="The catalog that was screened: adds orbits and more plots; 'sample' is known."),
    ] = None,
    tracks: Annotated[
        int, typer.Option(min=0, help="How many of the closest passes come with their orbits.")
    ] = 100,
    covariance: analysis.Covariance = "none",
    title: Annotated[str, typer.Option(help="Heading of the page.")] = "Close approaches",
    strict: common.Strict = False,
    report: common.ReportFile = None,
    as_json: common.Json = False,
) -> None:
    """Write encounters as one HTML page: summary, table to sort and filter, plots, orbits.

    The page needs no network and no other file.

    Examples
    --------
    gpuprop report encounters.parquet -o report.html
    gpuprop report encounters.parquet --catalog catalog.csv --tracks 200 --title "Week 9" -o report.html
    """
    from gpuprop.report import read_for_report, write_report

    if Path(output).suffix.lower() not in (".html", ".htm"):
        raise InputError(f"--output {output}: end the name in .html")
    table = read_for_report(encounters)
    for option, given_too in (("--strict", strict), ("--report", report is not None)):
        if given_too and catalog is None:
            raise InputError(f"{option} needs --catalog, whose records it is about")
    objects = None if catalog is None else common.read_catalog(catalog, strict=strict, report=report)
    if covariance != "none" and objects is None:
        raise InputError("--covariance needs --catalog, the element sets that were screened")
    given = None if objects is None else analysis.covariances(covariance, objects)
    try:
        write_report(table, output, catalog=objects, covariance=given, tracks=tracks, title=title)
    except ImportError as error:
        raise InputError(str(error)) from error
    if as_json:
        common.print_json({"written": output, "encounters": table.num_rows})
        return
    size = Path(output).stat().st_size / 1e6
    typer.echo(f"{'written':<18} {output}: {table.num_rows:,} encounters, {size:.1f} MB")
