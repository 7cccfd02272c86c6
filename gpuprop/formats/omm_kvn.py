"""OMM as KVN: ``KEYWORD = value [unit]``, one or many messages in a text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gpuprop.errors import CatalogError
from gpuprop.formats import omm
from gpuprop.formats.ndm_kvn import split_unit
from gpuprop.formats.places import Places
from gpuprop.formats.report import quoted

if TYPE_CHECKING:
    from gpuprop.formats.columns import Reading

_KEYWORD = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)
_VERSION = re.compile(rb"^[ \t]*CCSDS_([A-Z]+)_VERS[ \t]*=", re.MULTILINE)
_OPENING = "CCSDS_OMM_VERS"
_LONGEST_LINE = 4096
_WANTED = frozenset(omm.KEYWORDS)


class _Messages:
    """The messages seen so far; the last one is still open."""

    def __init__(self) -> None:
        self.records: list[omm.Record] = []
        self.lines: list[int] = []
        self.faults: list[omm.Fault] = []

    def open(self, line: int) -> None:
        self.records.append({})
        self.lines.append(line)

    def fault(self, keyword: str, reason: str) -> None:
        self.faults.append((len(self.records) - 1, keyword, reason))

    def add(self, keyword: str, value: str) -> None:
        if keyword not in _WANTED:
            return
        if keyword in omm.UNITS:
            value, unit = split_unit(value)
            if unit is not None and (reason := omm.unit_fault(keyword, unit)):
                self.fault(keyword, reason)
        if not omm.set_once(self.records[-1], keyword, value):
            self.fault(keyword, "the keyword is there twice, with different values")


def read(data: bytes, source: str) -> Reading:
    """Read all messages of a text; each begins with ``CCSDS_OMM_VERS``.

    Parameters
    ----------
    data : bytes
        The text.
    source : str
        Its name, for messages.

    Returns
    -------
    Reading
        The messages that could be parsed, and entries for what could not.

    Raises
    ------
    CatalogError
        The text is another kind of CCSDS message.
    """
    kinds = {match.decode() for match in _VERSION.findall(data)} - {"OMM"}
    if kinds:
        raise CatalogError(f"{source}: is a CCSDS {sorted(kinds)[0]} message; an OMM is needed")
    messages = _Messages()
    text = data.decode("utf-8", "surrogateescape")
    for number, line in enumerate(re.split("\r\n|\n|\r", text), start=1):
        # A byte order mark stands where files were joined; at the end of a line it is text.
        content = line.lstrip(" \t\ufeff").rstrip(" \t")
        if not content or content.startswith(("COMMENT", "#")):
            continue
        before, equals, value = content.partition("=")
        keyword = before.rstrip(" \t").upper()
        is_pair = bool(equals) and len(line) <= _LONGEST_LINE and _KEYWORD.fullmatch(keyword) is not None
        if (is_pair and keyword == _OPENING) or not messages.records:
            messages.open(number)
        if is_pair:
            messages.add(keyword, value.strip(" \t"))
        else:
            messages.fault("", f"line {number} is no KEYWORD = value: {quoted(content)}")
    places = Places(data, messages.lines, "^[ \t]*{}[ \t]*=")
    return omm.from_records(messages.records, places, source, messages.faults)
