"""What the lab requires of its machine, and changes on it."""
