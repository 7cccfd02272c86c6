"""The command ``gpuprop``: parse, call the library, print.

Exit codes: 0 done, 1 a fault of gpuprop itself or one that ``doctor`` found,
2 bad usage or bad input, 3 the engine asked for cannot run here,
130 interrupted from the keyboard, 143 terminated.

Processes that work for a command import this module anew, and nothing of what parses the command line.
"""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING, Any

from gpuprop.errors import EngineUnavailable, GpupropError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

__all__ = ["main"]

_OBJECTS_BETWEEN_COLLECTIONS = 1_000_000


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command and leave the process with its exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        What stands after the program's name; ``sys.argv[1:]`` by default.

    Raises
    ------
    SystemExit
        Always; its code is 0, 1, 2, 3, 130 or 143.

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
    # Importing makes some hundred thousand objects that stay; looking for dead ones among them takes a tenth
    # of a second. A command makes few cycles of its own.
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    # NumPy's linear algebra, which has little to do here, would keep every core busy with waiting for work
    # while all the rest is imported.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from gpuprop.cli.commands import app

    asked: set[str] = set()
    given = list(arguments) if arguments is not None else None
    try:
        code = app(args=given, prog_name="gpuprop", standalone_mode=False, obj=asked)
        sys.stdout.flush()
    except Exception as error:  # noqa: BLE001 - a user gets a sentence, whatever went wrong
        if "debug" in asked:
            import traceback

            traceback.print_exc()
        _leave(error)
    raise SystemExit(code if isinstance(code, int) else 0)


def _leave(error: Any) -> NoReturn:
    from gpuprop.cli.commands import UsageError

    sentence, code = " ".join(str(error).split()), 2
    if isinstance(error, UsageError):
        context = error.ctx
        sentence = " ".join(error.format_message().split()).rstrip(".")
        sentence += f"; see '{context.command_path if context else 'gpuprop'} --help'"
    elif isinstance(error, EngineUnavailable):
        code = 3
    elif isinstance(error, MemoryError):
        sentence = f"out of memory ({sentence}); lower --max-memory, or free memory"
    elif isinstance(error, ImportError):
        sentence, code = f"{sentence}; 'gpuprop doctor' says what to do", 1
    elif not isinstance(error, (GpupropError, OSError)):
        sentence = (
            f"a fault of gpuprop itself: {type(error).__name__}: {sentence}; please report what --debug shows"
        )
        code = 1
    print(f"gpuprop: {sentence}", file=sys.stderr)
    raise SystemExit(code)
