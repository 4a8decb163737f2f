"""Counts, recipes, cross-validation, and the files of a model version (stage `train`)."""
