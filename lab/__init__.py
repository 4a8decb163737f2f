"""A real Kubernetes cluster on one Linux machine, with a registry, S3, MLflow and Prometheus beside it."""
