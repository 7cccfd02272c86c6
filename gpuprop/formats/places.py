"""At which line of a text a value stands, looked up when somebody asks."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Places"]


class Places:
    """The lines of records that take several.

    Parameters
    ----------
    data : bytes
        The text.
    starts : sequence of int
        Line at which each record begins, counted from 1.
    pattern : str
        What stands before a value, ``{}`` in place of its keyword.
    """

    def __init__(self, data: bytes, starts: Sequence[int], pattern: str) -> None:
        self._data = data
        self.starts = starts
        self._pattern = pattern

    @cached_property
    def _lines(self) -> list[bytes]:
        return self._data.splitlines()

    def line(self, record: int, keyword: str) -> int:
        """Return the line at which a keyword of a record stands; that of the record where it has none."""
        first = self.starts[record]
        follow = self.starts[record + 1] if record + 1 < len(self.starts) else len(self._lines) + 1
        if not keyword or follow <= first + 1:
            return first
        # XML has the rest of such a keyword as an attribute.
        keyword = f"(USER_DEFINED_)?{re.escape(keyword.removeprefix('USER_DEFINED_'))}"
        wanted = re.compile(self._pattern.format(keyword).encode(), re.IGNORECASE)
        for number in range(first, follow):
            if wanted.search(self._lines[number - 1]):
                return number
        return first
