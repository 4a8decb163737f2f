"""Benchmarks of the whole: what users see on a real cluster, measured and written down."""
