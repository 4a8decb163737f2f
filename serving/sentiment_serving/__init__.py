"""Serves a sentiment model over HTTP: `fetch` brings a verified model into a folder, `serve` answers from it."""
