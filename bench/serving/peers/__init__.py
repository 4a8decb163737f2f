"""Other ways to serve the same model. Each module runs in its own environment."""
