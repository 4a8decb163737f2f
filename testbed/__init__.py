"""What demo, bench and tests share: a prepared lab, good and bad versions, SentimentModels, traffic, faults."""
