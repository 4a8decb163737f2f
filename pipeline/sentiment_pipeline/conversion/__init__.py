"""Converts scikit-learn pipelines that were trained elsewhere to model versions (command `convert`)."""
