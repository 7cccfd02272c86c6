"""The CUDA engine: the kernels of this package's folder ``kernels``, run through CuPy."""

from __future__ import annotations
