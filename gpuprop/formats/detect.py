"""Which format a text is in, told by what it holds."""

from __future__ import annotations

import re

from gpuprop.errors import CatalogError
from gpuprop.formats.report import quoted

# The first element set of a file comes early; a preamble longer than this is no catalog.
_LOOKED_AT = 2**18

_TLE_LINE = re.compile(rb"^[ \t]*[12][ \t]", re.MULTILINE)
# Names before element sets may begin as JSON or XML does; a whole line 1 settles it.
_WHOLE_LINE_1 = re.compile(rb"^[ \t]*1 [ 0-9A-Z]{5}[A-Z ] [^\r\n]{8} [ 0-9]{5}\.[^\r\n]{40}", re.MULTILINE)
_KVN_LINE = re.compile(rb"^[ \t]*[A-Z][A-Z0-9_]*[ \t]*=", re.MULTILINE)
_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body)\b", re.I)


def detect(data: bytes, source: str) -> str:
    """Return the format of a text: ``"tle"``, ``"csv"``, ``"json"``, ``"xml"`` or ``"kvn"``.

    Parameters
    ----------
    data : bytes
        The text, without byte order mark.
    source : str
        Its name, for messages.

    Raises
    ------
    CatalogError
        The text is empty, or of no known format.
    """
    head = data[:_LOOKED_AT].lstrip()
    if not head:
        raise CatalogError(f"{source}: is empty")
    if _WHOLE_LINE_1.search(head):
        return "tle"
    if head[:1] in {b"{", b"["}:
        return "json"
    if head[:1] == b"<":
        if _HTML.match(head):
            raise CatalogError(f"{source}: is a web page, not a catalog; a download may have failed")
        return "xml"
    first_line = _first_line(head).upper()
    has_separator = any(mark in first_line for mark in (b",", b";", b"\t"))
    if has_separator and b"NORAD_CAT_ID" in first_line:
        return "csv"
    if b"CCSDS_OMM_VERS" in head or (_KVN_LINE.search(head) and not _TLE_LINE.search(head)):
        return "kvn"
    if _TLE_LINE.search(head):
        return "tle"
    if b"," in first_line and b"EPOCH" in first_line:
        return "csv"
    shown = quoted(_first_line(head).decode("utf-8", "replace"))
    raise CatalogError(f"{source}: is neither TLE nor OMM (CSV, JSON, XML or KVN); it begins with {shown}")


def _first_line(head: bytes) -> bytes:
    """Return the first line that is neither empty nor a comment."""
    for line in re.split(rb"[\r\n]+", head):
        if line.strip() and not line.lstrip().startswith(b"#"):
            return line
    return b""
