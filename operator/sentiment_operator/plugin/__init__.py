"""`kubectl sentiment`: what a SentimentModel does and why, in words; back to an earlier version; once more.

For the laptop of whoever uses the operator: it needs kubectl, click and rich, and sees what its user may see.
"""

from sentiment_operator.plugin.commands import main

__all__ = ["main"]
