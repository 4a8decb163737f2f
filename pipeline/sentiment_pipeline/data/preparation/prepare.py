"""Stage `prepare`: turns raw rows into clean, distinct reviews and splits them into training and held-out reviews."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from sentiment_model.modelfile import MAX_LABEL_LENGTH
from sentiment_pipeline import paths
from sentiment_pipeline.data.reviews.cleaning import clean
from sentiment_pipeline.data.reviews.raw import find_raw, read_raw
from sentiment_pipeline.data.reviews.review import Review, hashed_id, write_reviews
from sentiment_pipeline.data.reviews.split import split
from sentiment_pipeline.errors import DataError
from sentiment_pipeline.params import DataParams, Params, PrepareParams
from sentiment_pipeline.progress import log_line
from sentiment_pipeline.report import write_json

MAX_LABELS = 20


@dataclass
class Dropped:
    """Numbers of rows that were left out, by reason."""

    empty_text: int = 0
    empty_label: int = 0
    duplicate: int = 0
    """Same text and label as an earlier row."""
    contradiction: int = 0
    """Same text under different labels: all of its rows are dropped."""


@dataclass(frozen=True)
class Cleaned:
    """The reviews of a raw file after cleaning."""

    reviews: list[Review]
    rows: int
    dropped: Dropped = field(default_factory=Dropped)


def prepare(params: Params, root: Path = Path()) -> None:
    """Clean data/raw, split it, and report what was dropped and why.

    Raises:
        DataError: columns are missing, there is one label, too few rows, or one side of the split lacks a label.
    """
    cleaned = clean_rows(read_raw(find_raw(root / paths.RAW)), params.data)
    check_size(cleaned.reviews, params.prepare)
    train, test = split(cleaned.reviews, params.split.test_share)
    check_sides(train, test)
    write_reviews(root / paths.TRAIN, train)
    write_reviews(root / paths.TEST, test)
    report = {
        "rows": cleaned.rows,
        "kept": len(cleaned.reviews),
        "dropped": asdict(cleaned.dropped),
        "groups": len({review.group for review in cleaned.reviews}),
        "train": {"rows": len(train), "labels": _mix(train)},
        "test": {"rows": len(test), "labels": _mix(test)},
    }
    write_json(root / paths.PREPARE_REPORT, report)
    log_line(
        f"prepared {cleaned.rows:,} rows: {len(train):,} to train on, {len(test):,} held out,"
        f" dropped {_reasons(cleaned)}"
    )


def clean_rows(rows: Iterable[Mapping[str, str]], data: DataParams) -> Cleaned:
    """Turn raw rows into distinct reviews, in the order of their first appearance.

    Raises:
        DataError: a named column is missing, or an id occurs twice.
    """
    dropped = Dropped()
    kept: dict[str, Review] = {}
    contradicted: set[str] = set()
    count = 0
    for row in rows:
        if count == 0:
            check_columns(row, data)
        count += 1
        text, label = clean(row.get(data.text, "")), clean(row.get(data.label, ""))
        if not text:
            dropped.empty_text += 1
        elif not label:
            dropped.empty_label += 1
        elif text in contradicted:
            dropped.contradiction += 1
        else:
            review = _review(row, text, data.labels.get(label, label), data)
            earlier = kept.setdefault(text, review)
            if earlier is review:
                continue
            if earlier.label == review.label:
                dropped.duplicate += 1
            else:
                del kept[text]
                contradicted.add(text)
                dropped.contradiction += 2
    reviews = list(kept.values())
    check_ids(reviews, data)
    return Cleaned(reviews, count, dropped)


def check_columns(row: Mapping[str, str], data: DataParams) -> None:
    """Raise DataError if a column named in params.yaml is missing."""
    for key in ("text", "label", "id", "group"):
        column = getattr(data, key)
        if column and column not in row:
            found = ", ".join(row)
            hint = "" if key in ("text", "label") else ', or to "" for none'
            raise DataError(f"expected a column {column!r}, found {found}; set data.{key} in params.yaml to one{hint}")


def check_ids(reviews: Iterable[Review], data: DataParams) -> None:
    """Raise DataError if two reviews have the same id."""
    repeated = sum(count > 1 for count in Counter(review.id for review in reviews).values())
    if repeated:
        raise DataError(
            f"{repeated} values of column {data.id!r} occur in more than one review;"
            ' set data.id in params.yaml to a column of unique values, or to "" to use hashes of the texts'
        )


def check_size(reviews: list[Review], limits: PrepareParams) -> None:
    """Raise DataError if there are too few reviews, or too few or too many labels."""
    counts = Counter(review.label for review in reviews)
    if len(reviews) < limits.min_rows:
        raise DataError(f"expected at least {limits.min_rows} usable rows (prepare.min_rows), found {len(reviews)}")
    if len(counts) < 2:
        raise DataError(f"expected at least two labels, found only {next(iter(counts))!r}; check data.label")
    if len(counts) > MAX_LABELS:
        raise DataError(f"expected at most {MAX_LABELS} labels, found {len(counts)}; is data.label the right column?")
    if max(map(len, counts)) > MAX_LABEL_LENGTH:
        raise DataError(f"a label is longer than {MAX_LABEL_LENGTH} characters; is data.label the right column?")
    label, fewest = min(counts.items(), key=lambda item: item[1])
    if fewest < limits.min_rows_per_label:
        raise DataError(
            f"expected at least {limits.min_rows_per_label} rows of each label (prepare.min_rows_per_label),"
            f" found {fewest} of {label!r}"
        )


def check_sides(train: list[Review], test: list[Review]) -> None:
    """Raise DataError if one side of the split lacks a label."""
    labels = {review.label for review in (*train, *test)}
    for name, side in (("training", train), ("held-out", test)):
        missing = labels - {review.label for review in side}
        if missing:
            groups = len({review.group for review in (*train, *test)})
            raise DataError(
                f"no {name} review is labelled {min(missing)!r}: {groups} groups are too few for this split;"
                " change split.test_share or data.group"
            )


def _review(row: Mapping[str, str], text: str, label: str, data: DataParams) -> Review:
    name = clean(row.get(data.id, "")) if data.id else ""
    name = name or hashed_id(text)
    group = clean(row.get(data.group, "")) if data.group else ""
    slices = {column: value for column in data.slices if (value := clean(row.get(column, "")))}
    return Review(id=name, text=text, label=label, group=group or name, slices=slices)


def _mix(reviews: list[Review]) -> dict[str, int]:
    return dict(sorted(Counter(review.label for review in reviews).items()))


def _reasons(cleaned: Cleaned) -> str:
    reasons = {name.replace("_", " "): count for name, count in asdict(cleaned.dropped).items() if count}
    return ", ".join(f"{count:,} for {name}" for name, count in reasons.items()) or "none"
