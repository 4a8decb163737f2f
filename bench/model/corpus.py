"""The labelled reviews of the benchmark, read by the pipeline's own stages."""

import contextlib
import tempfile
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from msgspec import structs

from bench.table import ROOT
from sentiment_pipeline.data.ingestion.ingest import ingest
from sentiment_pipeline.data.preparation.prepare import prepare
from sentiment_pipeline.data.reviews.review import Review, read_reviews
from sentiment_pipeline.data.reviews.split import folds
from sentiment_pipeline.params import Params, load_params
from sentiment_pipeline.paths import PARAMS, TEST, TRAIN


@dataclass(frozen=True)
class Data:
    """A file of reviews, and the column whose groups stay in one fold."""

    path: str
    group: str


@cache
def reviews(data: Data) -> list[Review]:
    """All cleaned reviews; none is held out, because the benchmark uses folds."""
    params = params_of(data)
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        ingest(params.data)
        prepare(params)
        return [*read_reviews(TRAIN), *read_reviews(TEST)]


def params_of(data: Data) -> Params:
    """params.yaml for this file."""
    params = load_params(ROOT / PARAMS)
    columns = structs.replace(params.data, source=data.path, sha256="", group=data.group, id="")
    return structs.replace(params, data=columns)


def texts(data: Data) -> list[str]:
    """The texts of the reviews."""
    return [review.text for review in reviews(data)]


def labels(data: Data) -> npt.NDArray[np.str_]:
    """The labels of the reviews."""
    return np.array([review.label for review in reviews(data)])


def fold_of(data: Data) -> npt.NDArray[np.int64]:
    """The fold of each review, by a hash of its group."""
    return np.array(folds(reviews(data), params_of(data).train.folds))
