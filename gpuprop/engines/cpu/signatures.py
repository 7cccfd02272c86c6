"""The kinds of arguments that compiled functions are called with."""

from __future__ import annotations

from numba import types

F1 = types.float64[::1]
F2 = types.float64[:, ::1]
I1 = types.int64[::1]
