"""What others would serve the same model with. Each module runs in an environment of its own."""
