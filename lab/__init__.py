"""A real Kubernetes cluster on one Linux machine, with a registry, S3, MLflow, Prometheus and Alertmanager beside it."""
