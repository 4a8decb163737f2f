"""The MLflow model registry: the client adapter, cached answers, version tags, and the rules for artifact addresses."""
