"""MLflow: runs, the model registry, and the format in which versions are logged."""
