"""From labelled reviews to a registered model version: the DVC stages, MLflow registration, gates and promotion."""
