"""The lab's registry, S3, MLflow and monitoring: real programs in place of cloud services."""
