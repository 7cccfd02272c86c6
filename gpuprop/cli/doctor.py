"""``gpuprop doctor``: look for the usual faults of an installation and name the remedy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gpuprop.cli import common, config
from gpuprop.errors import InputError

if TYPE_CHECKING:
    from gpuprop.cli import checks


def doctor(
    context: typer.Context,
    *,
    trial: Annotated[
        bool, typer.Option(help="Compute a state too; compiles for some seconds on a fresh installation.")
    ] = True,
    as_json: common.Json = False,
) -> None:
    """Check the installation, say what is wrong and what to do; leave with code 1 if something is.

    What is 'noted' is no fault: gpuprop runs without it.

    Examples
    --------
    gpuprop doctor
    gpuprop doctor --no-trial --json
    """
    from gpuprop.cli import checks

    suite = {**checks.CHECKS, "settings": lambda: _settings(context)}
    if not trial:
        del suite["trial"]
    findings = checks.run(suite)
    faults = sum(one.state == "fault" for one in findings)
    if as_json:
        common.print_json([one._asdict() for one in findings])
    else:
        for one in findings:
            typer.echo(f"{one.state:<6} {one.subject:<14} {one.text}")
            if one.remedy:
                typer.echo(f"{'':<21} -> {one.remedy}")
        typer.echo(f"{faults} fault{'s' * (faults > 1)} found" if faults else "no fault found")
    raise typer.Exit(1 if faults else 0)


def _settings(context: typer.Context) -> checks.Verdict:
    from gpuprop.cli import checks

    if context.parent is None or not Path(config.DEFAULT_NAME).is_file():
        return checks.ok(f"no {config.DEFAULT_NAME} in this folder")
    try:
        settings = config.read(config.DEFAULT_NAME, config.commands(context.parent.command))
    except InputError as error:
        return checks.fault(str(error), f"correct {config.DEFAULT_NAME}, or give --config another file")
    return checks.ok(f"{config.DEFAULT_NAME} sets {len(settings)} options")
