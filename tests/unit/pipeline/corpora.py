"""Small labelled corpora to train on."""

from sentiment_pipeline.reviews import Review
from sentiment_pipeline.sample import sample_rows


def two_classes(rows: int = 400) -> list[Review]:
    """The built-in sample."""
    return [Review(row["id"], row["text"], row["label"], row["movie"]) for row in sample_rows(rows, seed=5)]


def three_classes(rows: int = 400) -> list[Review]:
    """The same with a third label, for reviews of which only the neutral part is kept."""
    reviews = []
    for number, review in enumerate(two_classes(rows)):
        if number % 3 == 0:
            text = f"It is a film. It runs for {number} minutes, and {review.group} is its title."
            reviews.append(Review(review.id, text, "neutral", review.group))
        else:
            reviews.append(review)
    return reviews
