"""The HTTP server: middleware, admission, limits, metrics, draining, and the OpenAPI document."""
