"""The types of arrays that compiled functions are called with."""

from __future__ import annotations

from numba import types

F1, F2, F3 = types.float64[::1], types.float64[:, ::1], types.float64[:, :, ::1]
I1, I2 = types.int64[::1], types.int64[:, ::1]
B1, B2 = types.uint8[::1], types.uint8[:, ::1]
L1 = types.boolean[::1]
# Of the sieve
S1, S2, S3 = types.float32[::1], types.float32[:, ::1], types.float32[:, :, ::1]
W1, W2 = types.int32[::1], types.int32[:, ::1]
