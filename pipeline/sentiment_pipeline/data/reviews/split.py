"""Assigns groups to the held-out side and to folds by a hash of the group's name, without seed or state.

The side of a group does not depend on the rest of the file: when a data set grows, no review moves from the held-out
side into training.
"""

from collections.abc import Iterable, Sequence
from hashlib import blake2b

from sentiment_pipeline.data.reviews.review import Review

_UNIT = 1 << 64


def position(name: str, purpose: str) -> float:
    """A number in [0, 1), a hash of name and purpose, uniformly distributed over names."""
    digest = blake2b(name.encode(), digest_size=8, person=purpose.encode()).digest()
    return int.from_bytes(digest, "big") / _UNIT


def split(reviews: Iterable[Review], test_share: float) -> tuple[list[Review], list[Review]]:
    """Split reviews into training and held-out reviews; about `test_share` of the groups are held out."""
    train: list[Review] = []
    test: list[Review] = []
    for review in reviews:
        (test if position(review.group, "split") < test_share else train).append(review)
    return train, test


def folds(reviews: Sequence[Review], count: int) -> list[int]:
    """The fold of each review, 0 to `count` - 1; all reviews of a group are in one fold."""
    return [int(position(review.group, "fold") * count) for review in reviews]
