"""Text of unknown origin, made fit for the eye."""

from __future__ import annotations

__all__ = ["shown"]


def shown(text: str) -> str:
    r"""Return text without anything that is not seen or changes how the rest is seen.

    Control codes, line breaks and bidirectional marks become U+FFFD.

    Examples
    --------
    >>> ascii(shown("SAT\x1b[31m\u202e1"))
    "'SAT\\ufffd[31m\\ufffd1'"
    """
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
