"""Duplicates, leakage and oddities of the reviews (stage `data-report`)."""
