"""The lines of CCSDS messages in keyword = value notation."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from gpuprop.errors import CatalogError
from gpuprop.formats.report import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Line", "lines"]

_LINE = re.compile(r"([A-Z][A-Z0-9_]*)[ \t]*=[ \t]*(.*?)[ \t]*(?:\[([^\[\]]*)\])?")
_LONGEST_LINE = 4096


class Line(NamedTuple):
    """One line: a keyword with value and unit, a comment (keyword ``COMMENT``), or neither (no keyword)."""

    number: int
    keyword: str
    value: str
    unit: str | None


def lines(data: bytes, source: str) -> Iterator[Line]:
    """Take a text apart; empty lines are left out.

    Parameters
    ----------
    data : bytes
        The text.
    source : str
        Its name, for messages.

    Yields
    ------
    Line
        A line without ``=`` has an empty keyword and the whole text as its value.

    Raises
    ------
    CatalogError
        A line is too long or holds control characters.
    """
    text = data.decode("utf-8", "surrogateescape")
    for number, raw in enumerate(re.split("\r\n|\n|\r", text), start=1):
        content = raw.strip(" \t")
        if not content:
            continue
        if len(raw) > _LONGEST_LINE:
            raise CatalogError(
                f"{source}, line {number}: has {len(raw)} characters; the most are {_LONGEST_LINE}"
            )
        if any(ord(letter) < 32 and letter != "\t" for letter in content):
            raise CatalogError(f"{source}, line {number}: holds control characters: {quoted(content)}")
        if content == "COMMENT" or content.startswith(("COMMENT ", "COMMENT\t")):
            yield Line(number, "COMMENT", content[7:].strip(), None)
            continue
        found = _LINE.fullmatch(content)
        yield Line(number, found[1], found[2], found[3]) if found else Line(number, "", content, None)
