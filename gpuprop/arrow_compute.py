"""Arrow's functions on columns, by the names of `pyarrow.compute`, which is imported at the first call.

That takes as long as reading a whole catalog, which does not need it unless something in it is odd.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


def __getattr__(name: str) -> Any:
    function = getattr(import_module("pyarrow.compute"), name)
    globals()[name] = function
    return function
