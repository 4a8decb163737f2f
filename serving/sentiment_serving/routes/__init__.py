"""The HTTP interface, a blueprint for each of its audiences."""
