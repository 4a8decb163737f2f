"""The SentimentModel resource: its names, its spec and status as types, its conditions, and the adapters' errors."""
