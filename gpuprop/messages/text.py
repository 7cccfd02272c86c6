"""Instants and names as CCSDS messages write them."""

from __future__ import annotations

import re

import numpy as np


def iso(ns: int) -> str:
    """Write an instant with three decimals, or as many as it needs."""
    whole, _, decimals = str(np.datetime64(ns, "ns")).partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(3, '0')}"


def ascii_text(text: str) -> str:
    """Return text as a message can hold it: printable ASCII, question marks for the rest."""
    return re.sub(r"[^\x20-\x7e]", "?", text).strip()
