"""The CPU engine: SGP4 and SDP4 for many states at a time, compiled by numba."""

from __future__ import annotations
