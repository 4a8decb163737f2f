"""The benchmark of serving: the peers' model predicts the same as ours, and a missed target is reported."""

import numpy as np

from bench.model.works import STRONGEST
from bench.serving.speed import Measured, _faster, _later
from bench.serving.trained import check_same, sklearn_pipeline
from bench.serving.wrk import Load
from sentiment_model import Scorer
from sentiment_pipeline.training.calibration import unscaled
from sentiment_pipeline.training.counts import count
from sentiment_pipeline.training.export import check_keys, to_linear_model
from sentiment_pipeline.training.fitting import TextClassifier, fit_views

TEXTS = [
    f"It is {'not ' if i % 3 == 0 else ''}a {('good', 'bad')[i % 2]} film, isn't it? I'd think so: number {i % 5}."
    for i in range(60)
]
LABELS = np.array([("positive", "negative")[(i % 2) ^ (i % 3 == 0)] for i in range(60)])


def test_the_peers_pipeline_predicts_what_the_model_file_predicts() -> None:
    views = fit_views(STRONGEST, count(TEXTS, [STRONGEST]), LABELS, np.arange(len(TEXTS)))
    fitted = TextClassifier(STRONGEST, np.unique(LABELS), views, unscaled(1))
    pipeline = sklearn_pipeline(fitted, check_keys(fitted, TEXTS)[0])
    check_same(pipeline, Scorer(to_linear_model(fitted, {})), [*TEXTS, "Nothing of this was ever SEEN."])


def measured(rate: float, p99_us: int = 1000, refused: int = 0) -> Measured:
    found = Measured()
    found.loads.append(Load(round(rate * 10), 10.0, p99_us // 2, p99_us, p99_us, refused, 0, 0, {}))
    found.cpu_us.append(1e6 / rate)
    return found


def test_a_server_that_is_too_slow_or_refuses_has_not_met_its_target() -> None:
    assert _faster("x", measured(1000), measured(100), 10.0).met is True
    assert _faster("x", measured(900), measured(100), 10.0).met is False
    assert _faster("x", measured(1000, refused=1), measured(100), 10.0).met is False
    assert _later("x", measured(1, p99_us=1500), measured(1), 1.5).met is True
    assert _later("x", measured(1, p99_us=1600), measured(1), 1.5).met is False
