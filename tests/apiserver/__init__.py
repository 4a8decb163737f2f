"""Tests against a real API server without a cluster: the schema, and what the operator applies."""
