"""What demo, bench and tests stand on: a prepared lab, good and bad versions, SentimentModels, traffic, faults."""
