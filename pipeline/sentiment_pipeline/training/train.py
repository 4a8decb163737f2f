"""Stage `train`: compares recipes, fits the best one to all training reviews and writes it as a model version."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sentiment_pipeline import paths
from sentiment_pipeline.data.reviews.review import Review, read_reviews
from sentiment_pipeline.data.reviews.split import folds
from sentiment_pipeline.metrics.learning_curve import Point
from sentiment_pipeline.params import GoldenParams, Params
from sentiment_pipeline.progress import log_line, progress
from sentiment_pipeline.report import write_csv, write_json, write_records
from sentiment_pipeline.tracking.runs import record_run
from sentiment_pipeline.training.counts import count
from sentiment_pipeline.training.crossval import Result, best, compare, refit
from sentiment_pipeline.training.export import check_keys, to_linear_model
from sentiment_pipeline.training.fitting import TextClassifier
from sentiment_pipeline.training.learning import learning_curve
from sentiment_pipeline.training.ngrams import TopNgram, top_ngrams
from sentiment_pipeline.training.recipes import describe
from sentiment_pipeline.version.files import write_version
from sentiment_pipeline.version.golden import golden_texts


def train(params: Params, root: Path = Path()) -> None:
    """Train on data/prepared; write models/current and the report of the cross-validation.

    Raises:
        DataError: the reviews are missing, or cannot be divided into folds.
        ExportError: the model file and the fitted estimator predict different probabilities.
    """
    reviews, held_out = read_reviews(root / paths.TRAIN), read_reviews(root / paths.TEST)
    corpus = count([review.text for review in reviews], params.train.candidates)
    labels = np.array([review.label for review in reviews])
    in_fold = np.array(folds(reviews, params.train.folds))
    results = compare(corpus, labels, in_fold, params.train.candidates)
    winner = best(results)
    for line in table(results, winner):
        log_line(line)
    with progress(f"fit {winner.candidate.name}", len(reviews)) as advance:
        fitted = refit(winner, corpus, labels)
        advance(len(reviews))
    names = check_keys(fitted, [review.text for review in reviews])
    folder = root / paths.MODEL_DIR
    difference, digest = write_model_version(folder, fitted, params.golden, reviews, held_out)
    log_line(
        f"the model file differs from scikit-learn by at most {difference:.1e} on {len(held_out):,} held-out reviews"
    )
    write_reports(root, results, winner, difference, digest)
    write_records(root / paths.NGRAMS_REPORT, TopNgram, top_ngrams(fitted, names))
    groups = [review.group for review in reviews]
    curve = learning_curve(winner.candidate, winner.scaling, corpus, labels, groups, in_fold == 0)
    write_records(root / paths.LEARNING_PLOT, Point, curve)
    record_run(params, root)
    log_line(f"trained {winner.candidate.name}: {digest}")


def recipe_metrics(result: Result) -> dict[str, float]:
    """Measures of a recipe: means over folds, and the standard error of the accuracy."""
    means = {measure: result.mean(measure) for measure in ("accuracy", "macro_f1", "log_loss", "ece")}
    return {**means, "accuracy_error": result.accuracy_error}


def table(results: Sequence[Result], winner: Result) -> list[str]:
    """The candidates as lines of a table: means over folds, and the standard error of the accuracy."""
    width = max(len(result.candidate.name) for result in results)
    lines = [f"  {'recipe':<{width}}  accuracy          macro F1  log loss    ECE  s/fold"]
    for result in results:
        mark = "*" if result is winner else " "
        lines.append(
            f"{mark} {result.candidate.name:<{width}}  {result.accuracy:.4f} ± {result.accuracy_error:.4f}"
            f"   {result.mean('macro_f1'):.4f}    {result.mean('log_loss'):.4f}  {result.mean('ece'):.4f}"
            f"  {result.mean('seconds'):6.1f}"
        )
    return lines


def write_model_version(
    folder: Path,
    fitted: TextClassifier,
    golden: GoldenParams,
    reviews: Sequence[Review],
    held_out: Sequence[Review],
) -> tuple[float, str]:
    """Write model, golden rows, reference and manifest; returns the parity difference and the digest."""
    shutil.rmtree(folder, ignore_errors=True)
    candidate = fitted.candidate
    facts = {
        "recipe": candidate.name,
        "estimator": describe(candidate),
        "min_df": str(candidate.min_df),
        "training_reviews": str(len(reviews)),
    }
    facts |= {"alpha": repr(candidate.alpha)} if candidate.classifier == "naive_bayes" else {"c": repr(candidate.c)}
    return write_version(
        folder,
        to_linear_model(fitted, facts),
        fitted,
        texts=[review.text for review in held_out],
        golden=golden_texts(golden, held_out),
    )


def write_reports(root: Path, results: Sequence[Result], winner: Result, difference: float, digest: str) -> None:
    """Write the results of the cross-validation as metrics and as a table."""
    report = {
        "winner": winner.candidate.name,
        "digest": digest,
        "cv_accuracy": winner.accuracy,
        "cv_accuracy_error": winner.accuracy_error,
        "cv_macro_f1": winner.mean("macro_f1"),
        "cv_log_loss": winner.mean("log_loss"),
        "cv_ece": winner.mean("ece"),
        "parity_max_difference": difference,
        "recipes": {result.candidate.name: recipe_metrics(result) for result in results},
    }
    write_json(root / paths.TRAIN_REPORT, report)
    rows = [
        (result.candidate.name, number, score.accuracy, score.macro_f1, score.log_loss, score.ece)
        for result in results
        for number, score in enumerate(result.scores)
    ]
    write_csv(root / paths.CANDIDATES_PLOT, ("recipe", "fold", "accuracy", "macro_f1", "log_loss", "ece"), rows)
