"""Figures, behavioural tests and the report on held-out reviews (stage `evaluate`)."""
