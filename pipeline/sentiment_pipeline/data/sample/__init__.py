"""The built-in sample of reviews."""
