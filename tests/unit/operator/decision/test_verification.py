"""How a candidate's image is pinned, and when the next candidate is created."""

import pytest

from sentiment_operator.decision.verification import pinned_image, retry_seconds
from tests.unit.operator.scenes import IMAGE, candidate, model

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("image", "image_id", "pinned"),
    [
        ("registry:5000/serving:dev", f"registry:5000/serving@{DIGEST}", f"registry:5000/serving@{DIGEST}"),
        ("registry:5000/serving", f"registry:5000/serving@{DIGEST}", f"registry:5000/serving@{DIGEST}"),
        ("registry:5000/serving:dev", f"mirror/serving@{DIGEST}", "registry:5000/serving:dev"),
        ("registry:5000/serving:dev", DIGEST, "registry:5000/serving:dev"),
        ("registry:5000/serving:dev", "", "registry:5000/serving:dev"),
        (IMAGE, f"registry/sentiment-serving@{DIGEST}", IMAGE),
    ],
)
def test_a_tag_is_pinned_where_the_node_reports_which_image_of_that_repository_it_ran(
    image: str, image_id: str, pinned: str
) -> None:
    assert pinned_image(image, image_id) == pinned


@pytest.mark.parametrize(("attempt", "seconds"), [(1, 5), (2, 10), (5, 80), (6, 120), (500, 120)])
def test_the_next_candidate_comes_later_each_time(attempt: int, seconds: float) -> None:
    found = candidate(model(), version="14", age_seconds=0)
    assert retry_seconds(found, attempt) == seconds
