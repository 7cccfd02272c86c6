"""Benchmarks for asv: what a fixed piece of work costs, never a rate (asv takes smaller for better)."""

from __future__ import annotations
