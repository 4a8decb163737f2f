"""Stage `evaluate`: evaluates the exported model file and writes metrics, plots and a report."""

from pathlib import Path

from sentiment_model import Scorer
from sentiment_model.manifest import MODEL
from sentiment_pipeline import paths
from sentiment_pipeline.data.reviews.review import read_reviews
from sentiment_pipeline.evaluation import behaviour, figures
from sentiment_pipeline.evaluation.findings import Findings, Mistake, examine
from sentiment_pipeline.evaluation.page import Page, render
from sentiment_pipeline.metrics.classification import Bin
from sentiment_pipeline.metrics.learning_curve import read_curve
from sentiment_pipeline.params import Params
from sentiment_pipeline.progress import log_line
from sentiment_pipeline.report import read_csv, read_json, write_csv, write_json, write_records
from sentiment_pipeline.tracking.runs import record_run
from sentiment_pipeline.version.files import verified_digest


def evaluate(params: Params, root: Path = Path()) -> None:
    """Evaluate models/current on data/prepared/test.jsonl; write metrics, plots and reports/evaluate.html.

    Raises:
        DataError: held-out reviews, the model or the reports of `train` are missing, or the model lacks a label.
        RegistryError: the champion of `evaluate.champion` could not be downloaded.
    """
    folder = root / paths.MODEL_DIR
    digest = verified_digest(folder)
    held_out = read_reviews(root / paths.TEST)
    found = examine(Scorer.open(folder / MODEL), held_out, params.evaluate)
    write_json(root / paths.EVALUATE_REPORT, found.report(digest))
    write_json(root / paths.BEHAVIOUR_REPORT, found.behaviour.report(digest))
    write_records(root / paths.TEMPLATES_REPORT, behaviour.TemplateResult, found.behaviour.templates)
    labels = zip((review.label for review in held_out), found.predicted, strict=True)
    write_csv(root / paths.CONFUSION_PLOT, ("actual", "predicted"), list(labels))
    write_records(root / paths.CALIBRATION_PLOT, Bin, found.bins)
    write_records(root / paths.MISTAKES_REPORT, Mistake, found.mistakes)
    curve = read_curve(root / paths.LEARNING_PLOT)
    drawn = figures.draw(found, curve)
    for name, figure in drawn.items():
        path = root / paths.FIGURES / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(figures.png(figure))
    page = Page(
        digest=digest,
        trained=read_json(root / paths.TRAIN_REPORT),
        found=found,
        curve=curve,
        ngrams=read_csv(root / paths.NGRAMS_REPORT),
        data=read_json(root / paths.DATA_REPORT) if (root / paths.DATA_REPORT).exists() else None,
        figures={name: figures.svg(figure, name) for name, figure in drawn.items()},
    )
    (root / paths.EVALUATE_PAGE).write_text(render(page), encoding="utf-8")
    record_run(params, root)
    for line in summary(found):
        log_line(line)
    log_line(f"the full report: {root / paths.EVALUATE_PAGE}")


def summary(found: Findings) -> list[str]:
    """The results in a few lines."""
    result = found.overall
    width = max(17, *(len(label) for label in found.labels))
    numbers = (
        f"held-out accuracy {result.accuracy:.4f} ({result.accuracy_low:.4f} to {result.accuracy_high:.4f},"
        f" baseline {result.baseline_accuracy:.4f}), macro F1 {result.macro_f1:.4f}, log loss {result.log_loss:.4f},"
        f" ROC AUC {result.roc_auc:.4f}, ECE {result.ece:.4f}"
    )
    lines = [numbers]
    if found.champion is not None:
        lines.append(found.champion.summary)
    lines.append(f"{'actual, predicted':>{width}} " + " ".join(f"{label:>{width}}" for label in found.labels))
    for label, row in found.confusion.items():
        lines.append(f"{label:>{width}} " + " ".join(f"{count:>{width}}" for count in row.values()))
    return [*lines, *behaviour.table(found.behaviour)]
