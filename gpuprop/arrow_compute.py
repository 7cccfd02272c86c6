"""Arrow's functions on columns, by the names of `pyarrow.compute`, which is imported at the first call.

That takes as long as reading a whole catalog, which does not need it unless something in it is odd.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

import pyarrow as pa


def as_float64(text: Any) -> Any:
    """Read texts as numbers; ArrowInvalid where one is none.

    The one function that reading a catalog needs; `pyarrow.compute` takes it from the same place.
    """
    call, options = _cast_to_float64()
    return call("cast", [text], options)


@cache
def _cast_to_float64() -> tuple[Any, Any]:
    try:
        arrow = import_module("pyarrow._compute")
    except ImportError:
        arrow = import_module("pyarrow.compute")
    return arrow.call_function, arrow.CastOptions(pa.float64())


def __getattr__(name: str) -> Any:
    function = getattr(import_module("pyarrow.compute"), name)
    globals()[name] = function
    return function
