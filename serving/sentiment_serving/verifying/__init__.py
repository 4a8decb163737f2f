"""`verify`: asks a candidate and the serving pods for predictions, compares them, and writes the verdict."""
