"""The split and the folds: a function of the group's name and of nothing else."""

from hypothesis import given
from hypothesis import strategies as st

from sentiment_pipeline.data.reviews.review import Review
from sentiment_pipeline.data.reviews.split import folds, split


def of_groups(*groups: str) -> list[Review]:
    return [Review(str(number), f"text {number}", "a", group) for number, group in enumerate(groups)]


@given(st.lists(st.sampled_from("abcdefgh")), st.floats(0.1, 0.9))
def test_a_group_is_never_on_both_sides(groups: list[str], share: float) -> None:
    train, test = split(of_groups(*groups), share)
    assert not {review.group for review in train} & {review.group for review in test}
    assert len(train) + len(test) == len(groups)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))), st.integers(2, 10))
def test_a_group_is_in_one_fold(groups: list[str], count: int) -> None:
    numbers = folds(of_groups(*groups), count)
    assert all(0 <= number < count for number in numbers)
    assert len(set(zip(groups, numbers, strict=True))) == len(set(groups))


def test_new_groups_move_no_old_one() -> None:
    old = of_groups(*(f"film {number}" for number in range(100)))
    new = of_groups(*(f"other {number}" for number in range(50)))
    assert split(old, 0.2)[1] == [review for review in split(new + old, 0.2)[1] if review in old]


def test_shares_are_as_asked_for() -> None:
    many = of_groups(*(f"film {number}" for number in range(5000)))
    assert 0.18 < len(split(many, 0.2)[1]) / 5000 < 0.22
    numbers = folds(many, 5)
    assert all(900 < numbers.count(number) < 1100 for number in range(5))


def test_folds_do_not_follow_the_split() -> None:
    held_out = split(of_groups(*(f"film {number}" for number in range(2000))), 0.2)[1]
    assert set(folds(held_out, 5)) == {0, 1, 2, 3, 4}
