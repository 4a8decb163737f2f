"""The operator: watches SentimentModels, decides which children they need, applies them and reports in the status."""
