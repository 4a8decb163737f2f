"""From raw rows to clean, labelled, split reviews (stage `prepare`)."""
