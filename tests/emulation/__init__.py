"""The CUDA engine without a GPU: NumPy in CuPy's place, the kernels built by g++."""

from __future__ import annotations
