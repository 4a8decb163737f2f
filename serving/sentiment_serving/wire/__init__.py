"""The wire formats: bytes to texts, predictions to bytes. Nothing here knows HTTP's routes or the model."""
