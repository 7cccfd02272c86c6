"""Decimal digits in byte columns -> numbers, for all rows at once.

A matrix of text is held with one array per character column, so that every
step is one pass over contiguous bytes.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int64]

BLANK, PLUS, MINUS, POINT, ZERO = (ord(character) for character in " +-.0")

_TENS = 10 ** np.arange(18, -1, -1, dtype=np.int64)
# Negative indices reach the negative powers. From the C library's pow, like the reference's.
_POWERS = np.array([math.pow(10.0, power) for power in (*range(10), *range(-9, 0))])


def unsigned(text: Bytes, *, blanks: bool = True) -> tuple[Integers, Mask]:
    """Read whole numbers without sign.

    Parameters
    ----------
    text : ndarray of uint8, shape (width, n)
        At most 18 characters.
    blanks : bool
        Accept blanks in place of leading zeros.

    Returns
    -------
    tuple of ndarray
        The numbers, and which rows hold one: at least one digit and nothing else.
    """
    digit = text - np.uint8(ZERO)
    is_digit = digit < 10
    value = _TENS[-len(text) :] @ np.where(is_digit, digit, np.uint8(0))
    if not blanks:
        return value, np.logical_and.reduce(is_digit)
    seen = np.logical_or.accumulate(is_digit, axis=0)
    return value, np.logical_and.reduce(is_digit | ((text == BLANK) & ~seen)) & seen[-1]


def fixed_point(text: Bytes, whole: int) -> tuple[Integers, Mask]:
    """Read ``123.4567``: blanks or digits, a point in its fixed place, then digits.

    Parameters
    ----------
    text : ndarray of uint8, shape (width, n)
        At most 18 digits.
    whole : int
        Number of characters before the point.

    Returns
    -------
    tuple of ndarray
        The number times ``10**decimals``, and which rows hold one.
    """
    before, good = unsigned(text[:whole])
    only_blanks = np.logical_and.reduce(text[:whole] == BLANK)
    after, decimals_good = unsigned(text[whole + 1 :], blanks=False)
    good = (good | only_blanks) & decimals_good & (text[whole] == POINT)
    return np.where(only_blanks, 0, before) * 10 ** (len(text) - whole - 1) + after, good


def sign_of(column: Bytes) -> tuple[npt.NDArray[np.float64], Mask]:
    """Return -1.0 or 1.0 for a sign column, and which rows hold a sign or a blank."""
    minus = column == MINUS
    return np.where(minus, -1.0, 1.0), minus | (column == BLANK) | (column == PLUS)


def exponent_form(text: Bytes) -> tuple[npt.NDArray[np.float64], Mask]:
    """Read the TLE's ``-11960-5``: sign, five digits after an assumed point, power of ten.

    The mantissa is rounded before it is scaled, as in the code of AIAA 2006-6753.
    """
    sign, good = sign_of(text[0])
    mantissa, mantissa_good = unsigned(text[1:6], blanks=False)
    power_sign, power_sign_good = sign_of(text[6])
    power, power_good = unsigned(text[7:8], blanks=False)
    # A blank in place of the power's sign is only clear where it does not matter.
    power_sign_good &= (text[6] != BLANK) | (mantissa == 0)
    good &= mantissa_good & power_sign_good & power_good
    scale = _POWERS[np.where(power_good, power_sign * power, 0).astype(np.int64)]
    return sign * (mantissa / 1e5) * scale, good
