"""`kubectl sentiment`: shows what a SentimentModel does and why, rolls back, and retries a rejected version.

For a user's laptop: it needs kubectl, click, msgspec and rich, and sees what its user may see.
"""

from sentiment_operator.plugin.commands import main

__all__ = ["main"]
