"""Values of options that can mean one thing only.

typer asks pydantic what a value means, and importing that takes as long as reading a catalog. Most values
need no asking.
"""

from __future__ import annotations

import re
from typing import Any, Literal, get_args, get_origin

__all__ = ["read_plainly"]

_DECIMAL = re.compile(r"[0-9]{1,15}(\.[0-9]{1,15})?")
_UNCLEAR = object()


def read_plainly(option: Any) -> None:
    """Let an option or argument of typer ask pydantic only where a value is not plain.

    A version of typer that asks nobody, or in another way, is left alone.
    """
    known = hasattr(option, "type_descriptor") and hasattr(option, "get_runtime_param")
    if known and "get_runtime_param" not in vars(option):
        reader = _Reader(option.type_descriptor, option.get_runtime_param)
        option.get_runtime_param = lambda: reader


class _Reader:
    def __init__(self, kind: Any, typers_reader: Any) -> None:
        self._kind = kind
        self._typers_reader = typers_reader

    def coerce(self, value: Any, *, param: Any, ctx: Any) -> Any:
        """Return what a value means."""
        meaning = _meaning(value, param, self._kind)
        return self._typers_reader().coerce(value, param=param, ctx=ctx) if meaning is _UNCLEAR else meaning


def _meaning(value: Any, option: Any, kind: Any) -> Any:
    if value is None:
        return () if option.multiple or option.nargs == -1 else None
    annotation = kind.annotation
    is_text = isinstance(value, str)
    if value is option.default or (is_text and annotation is str):
        return value
    if is_text and get_origin(annotation) is Literal and value in get_args(annotation):
        return value
    if is_text and annotation is float and not kind.is_ranged and _DECIMAL.fullmatch(value):
        return float(value)
    if (
        annotation == list[str]
        and isinstance(value, (list, tuple))
        and all(isinstance(one, str) for one in value)
    ):
        return list(value)
    return _UNCLEAR
