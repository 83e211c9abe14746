"""Benchmarks: each prints what it measured beside its targets; none of them asserts a figure."""
