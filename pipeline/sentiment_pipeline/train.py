"""Stage `train`: compare recipes, fit the best on all training reviews, write it down as what will be served."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sklearn.pipeline import Pipeline

from sentiment_model import Scorer
from sentiment_model.manifest import GOLDEN, MANIFEST, MODEL, REFERENCE, build_manifest, digest_of
from sentiment_model.modelfile import write_model
from sentiment_pipeline import paths, tracking
from sentiment_pipeline.crossval import Result, best, compare, count
from sentiment_pipeline.export import check_parity, predict_all, probabilities_of, to_linear_model
from sentiment_pipeline.golden import golden_texts, write_golden, write_reference
from sentiment_pipeline.params import Candidate, GoldenParams, Params
from sentiment_pipeline.progress import progress, say
from sentiment_pipeline.recipes import pipeline
from sentiment_pipeline.report import write_csv, write_json
from sentiment_pipeline.reviews import Review, read_reviews
from sentiment_pipeline.split import folds


def train(params: Params, root: Path = Path()) -> None:
    """Train on data/prepared and write models/current and the cross-validation report.

    Raises:
        DataError: the reviews are missing, or folds cannot be made of them.
        ExportError: the model file would not say what the fitted estimator says.
    """
    reviews, held_out = read_reviews(root / paths.TRAIN), read_reviews(root / paths.TEST)
    results = cross_validate(reviews, params)
    winner = best(results)
    for result in results:
        mark = "*" if result is winner else " "
        say(f"{mark} {result.candidate.name}: accuracy {result.accuracy:.4f} ± {result.accuracy_spread:.4f}")
    fitted = fit(winner.candidate, reviews)
    folder = root / paths.MODEL_DIR
    difference, digest = write_version(folder, fitted, winner.candidate, params.golden, reviews, held_out)
    say(f"the model file differs from scikit-learn by at most {difference:.1e} on {len(held_out):,} held-out reviews")
    write_reports(root, results, winner, difference, digest)
    tracking.record(params, root)
    say(f"trained {winner.candidate.name}: {digest}")


def cross_validate(reviews: Sequence[Review], params: Params) -> list[Result]:
    """Score every candidate of params.yaml on the same grouped folds."""
    candidates = params.train.candidates
    counts = count([review.text for review in reviews], candidates)
    labels = np.array([review.label for review in reviews])
    return compare(counts, labels, np.array(folds(reviews, params.train.folds)), candidates)


def fit(candidate: Candidate, reviews: Sequence[Review]) -> Pipeline:
    """Fit one recipe on all the reviews."""
    labels = [review.label for review in reviews]
    with progress(f"fit {candidate.name}", len(reviews)) as advance:
        fitted = pipeline(candidate, len(set(labels))).fit([review.text for review in reviews], labels)
        advance(len(reviews))
    return fitted


def write_version(
    folder: Path,
    fitted: Pipeline,
    candidate: Candidate,
    golden: GoldenParams,
    reviews: Sequence[Review],
    held_out: Sequence[Review],
) -> tuple[float, str]:
    """Write model, golden rows, reference and manifest; returns the parity difference and the digest."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    facts = {
        "recipe": candidate.name,
        "estimator": "tfidf + logistic regression",
        "c": repr(candidate.c),
        "min_df": str(candidate.min_df),
        "training_reviews": str(len(reviews)),
    }
    write_model(folder / MODEL, to_linear_model(fitted, facts))
    scorer = Scorer.open(folder / MODEL)
    texts = [review.text for review in held_out]
    predictions = predict_all(scorer, texts)
    difference = check_parity(fitted.predict_proba(texts), probabilities_of(predictions))
    write_golden(folder / GOLDEN, fitted, golden_texts(golden, held_out))
    write_reference(folder / REFERENCE, scorer.labels, texts, predictions)
    manifest = build_manifest(folder)
    (folder / MANIFEST).write_bytes(manifest)
    return difference, digest_of(manifest)


def write_reports(root: Path, results: Sequence[Result], winner: Result, difference: float, digest: str) -> None:
    """Write the cross-validation as metrics and as a table."""
    report = {
        "winner": winner.candidate.name,
        "digest": digest,
        "cv_accuracy": winner.accuracy,
        "cv_macro_f1": winner.macro_f1,
        "cv_log_loss": winner.log_loss,
        "parity_max_difference": difference,
    }
    write_json(root / paths.TRAIN_REPORT, report)
    rows = [
        (result.candidate.name, number, score.accuracy, score.macro_f1, score.log_loss)
        for result in results
        for number, score in enumerate(result.scores)
    ]
    write_csv(root / paths.CANDIDATES_PLOT, ("recipe", "fold", "accuracy", "macro_f1", "log_loss"), rows)
