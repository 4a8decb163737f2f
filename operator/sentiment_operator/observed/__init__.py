"""The cluster state of one SentimentModel: children and pods as types, their ages, drift from what was applied."""
