"""The errors that gpuprop raises on purpose.

Every one of them derives from `GpupropError`. What a caller can only meet as an
exception is here; what goes wrong with one state of one object of a batch is a
status code beside that state, and what goes wrong with one record of a file is
an entry of the catalog's report.
"""

from __future__ import annotations

__all__ = ["CatalogError", "EngineUnavailable", "GpupropError", "InputError", "RunError"]


class GpupropError(Exception):
    """Base of every error that gpuprop raises on purpose.

    Examples
    --------
    >>> from gpuprop.errors import GpupropError, InputError
    >>> try:
    ...     raise InputError("threshold_km is -1.0; give a distance above zero")
    ... except GpupropError as error:
    ...     print(error)
    threshold_km is -1.0; give a distance above zero
    """


class InputError(GpupropError, ValueError):
    """An argument has a value that cannot be used.

    The message names the argument, says what was given and what to give instead.

    Examples
    --------
    >>> from gpuprop.errors import InputError
    >>> issubclass(InputError, ValueError)
    True
    """


class CatalogError(InputError):
    """A file cannot be read, or what it holds was refused.

    The message says which file and, where it applies, which line and column.

    Examples
    --------
    >>> from gpuprop.errors import CatalogError, InputError
    >>> issubclass(CatalogError, InputError)
    True
    """


class EngineUnavailable(GpupropError, RuntimeError):
    """The engine that was asked for by name cannot run here.

    The message says why and which engine to take instead; ``engine="auto"``
    never raises it.

    Examples
    --------
    >>> from gpuprop.errors import EngineUnavailable
    >>> issubclass(EngineUnavailable, RuntimeError)
    True
    """


class RunError(GpupropError, RuntimeError):
    """A long run cannot go on: disk, memory or workers failed it.

    What it had finished is kept; the message says what to change before it is resumed.

    Examples
    --------
    >>> from gpuprop.errors import GpupropError, RunError
    >>> issubclass(RunError, GpupropError)
    True
    """
