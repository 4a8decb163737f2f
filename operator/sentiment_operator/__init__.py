"""The operator: watches SentimentModels, decides what the cluster should hold, applies it and tells what it found."""
