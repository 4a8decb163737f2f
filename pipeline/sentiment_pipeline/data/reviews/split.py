"""Who is held out and who is in which fold: decided by a hash of the group's name, without seed or state.

The same group lies on the same side whatever else is in the file: a data set that grows never moves a review from the
held-out side into training.
"""

from collections.abc import Iterable, Sequence
from hashlib import blake2b

from sentiment_pipeline.data.reviews.review import Review

_UNIT = 1 << 64


def position(name: str, purpose: str) -> float:
    """A number in [0, 1) that depends on the name and the purpose alone, uniform over names."""
    digest = blake2b(name.encode(), digest_size=8, person=purpose.encode()).digest()
    return int.from_bytes(digest, "big") / _UNIT


def split(reviews: Iterable[Review], test_share: float) -> tuple[list[Review], list[Review]]:
    """Part reviews into those to train on and those held out; `test_share` of the groups are held out."""
    train: list[Review] = []
    test: list[Review] = []
    for review in reviews:
        (test if position(review.group, "split") < test_share else train).append(review)
    return train, test


def folds(reviews: Sequence[Review], count: int) -> list[int]:
    """The fold of each review, 0 to `count` - 1; a group is never in two folds."""
    return [int(position(review.group, "fold") * count) for review in reviews]
