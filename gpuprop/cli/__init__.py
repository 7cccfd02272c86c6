"""The command ``gpuprop``: parse, call the library, print.

Exit codes: 0 done, 2 bad usage or bad input, 3 the engine asked for cannot run
here, 130 interrupted from the keyboard, 143 terminated.
"""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Annotated

import typer

import gpuprop
from gpuprop.cli import export, info, pc, plan, propagate, screen
from gpuprop.errors import EngineUnavailable, GpupropError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

__all__ = ["main"]

app = typer.Typer(
    name="gpuprop",
    help="Propagate whole satellite catalogs with SGP4 and screen them for close approaches.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command()(info.info)
app.command()(propagate.propagate)
app.command()(screen.screen)
app.command()(plan.plan)
app.command()(pc.pc)
app.command()(export.export)


@app.callback(invoke_without_command=True)
def _root(
    *,
    version: Annotated[bool, typer.Option("--version", help="Print the version and leave.")] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Say on stderr what is chosen and why.")
    ] = False,
) -> None:
    if version:
        typer.echo(f"gpuprop {gpuprop.__version__}")
        raise typer.Exit
    if verbose:
        logging.basicConfig(format="%(name)s: %(message)s", stream=sys.stderr)
        logging.getLogger("gpuprop").setLevel(logging.INFO)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command and leave the process with its exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        What stands after the program's name; ``sys.argv[1:]`` by default.

    Raises
    ------
    SystemExit
        Always; its code is 0, 2, 3, 130 or 143.

    Examples
    --------
    >>> import gpuprop
    >>> try:
    ...     main(["--version"])
    ... except SystemExit as leaving:
    ...     print(leaving.code)
    gpuprop ...
    0
    """
    try:
        app(args=list(arguments) if arguments is not None else None, prog_name="gpuprop")
    except EngineUnavailable as error:
        _leave(str(error), 3)
    except (GpupropError, OSError) as error:
        _leave(str(error), 2)
    except MemoryError:
        _leave("out of memory; lower --max-memory, or free memory", 2)
    raise SystemExit(0)


def _leave(sentence: str, code: int) -> NoReturn:
    print(f"gpuprop: {sentence}", file=sys.stderr)
    raise SystemExit(code)
