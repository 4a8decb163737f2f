"""Benchmarks of the model, the server, rollouts and alerts, and the pages that show their results."""
