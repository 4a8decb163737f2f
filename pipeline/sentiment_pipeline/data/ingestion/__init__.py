"""Bring the raw reviews of `data.source` here (stage `ingest`)."""
