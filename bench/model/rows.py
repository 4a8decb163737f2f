"""The measurements as rows with their targets."""

from bench.model import page, works
from bench.model.corpus import Data, params_of
from bench.model.measuring import Cost, measured
from bench.model.picture import draw_growth
from bench.table import Row
from sentiment_pipeline.params import Candidate
from sentiment_pipeline.training.crossval import Result

CHARACTERS = Candidate(
    name="nb-svm + characters",
    ngrams=(1, 3),
    min_df=2,
    weighting="nb",
    classifier="svm",
    c=1.0,
    characters=(3, 8),
    characters_min_df=5,
)
WORDS_ALONE = Candidate(name="nb-svm", ngrams=(1, 3), min_df=2, weighting="nb", classifier="svm", c=0.3)
BUDGET = Candidate(name="nb-logistic, 200k", ngrams=(1, 3), min_df=3, weighting="nb", c=100.0, max_features=200_000)
GENERATED = (25_000, 50_000, 100_000, 200_000)
"""Numbers of texts, to show how the cost of training grows."""
USUAL = Candidate(name="TF-IDF + logistic regression", ngrams=(1, 1), min_df=1, sublinear=False, c=1.0)


def counting(data: Data) -> list[Row]:
    """Counting n-grams, against CountVectorizer."""
    keys = measured(_count_keys, data)
    named = measured(_count_named, data)
    theirs = measured(works.count_sklearn, data)
    equal = bool(measured(works.same_matrix, data).answer)
    return [
        _times(
            "count 1-3 grams, one thread", keys, theirs, 10, f"; same matrix: {'yes' if equal else 'NO'}", equal=equal
        ),
        _times("the same with names and proof that no key is shared", named, theirs, None),
        Row(
            "peak memory of counting",
            _mb(keys),
            _mb(theirs),
            f"{keys.peak_bytes / theirs.peak_bytes:.2f}",
            "<= 1",
            keys.peak_bytes <= theirs.peak_bytes,
        ),
    ]


def prediction(data: Data) -> list[Row]:
    """One prediction of a review of 227 words."""
    times = measured(works.predictions, data).answer
    rust, python, theirs = times["rust"], times["python"], times["sklearn"]
    return [
        Row(
            "one prediction, Rust",
            f"{rust:.1f} us",
            f"{theirs:.0f} us",
            f"{theirs / rust:.0f}x",
            ">= 35x",
            theirs >= 35 * rust,
        ),
        Row(
            "one prediction, Python",
            f"{python:.0f} us",
            f"{theirs:.0f} us",
            f"{theirs / python:.1f}x",
            ">= 1x",
            theirs >= python,
        ),
    ]


def recipes(data: Data) -> list[Row]:
    """All recipes of params.yaml on all folds."""
    candidates = params_of(data).train.candidates
    cost = measured(works.train, data, candidates)
    results, winner, size = cost.answer
    before = measured(works.train, data, (USUAL,)).answer[0][0]
    rows = [_recipe(result, before, chosen=result.candidate.name == winner) for result in results]
    wall = f"{cost.wall_seconds:.0f} s wall, {cost.cpu_seconds:.0f} s CPU"
    return [
        *rows,
        Row("model file of the winner", f"{size / 1e6:.1f} MB", "", "", "<= 40 MB", size <= 40e6),
        Row(
            f"whole train: {len(candidates)} recipes, 5 folds, refit, export",
            wall,
            "",
            "",
            "<= 90 s wall on 2 cores",
            cost.wall_seconds <= 90,
        ),
    ]


def search(data: Data) -> list[Row]:
    """One recipe's cross-validation against GridSearchCV over a Pipeline."""
    ours, theirs = measured(works.train, data, (works.STRONGEST,)), measured(works.grid_search, data)
    return [_times("one recipe: 5 folds, refit (ours also writes the version)", ours, theirs, 8)]


def features(data: Data) -> list[Row]:
    """The most important n-grams alone."""
    results, _, size = measured(works.train, data, (BUDGET,)).answer
    whole = measured(works.train, data, (works.STRONGEST,)).answer[0][0].accuracy
    lost = whole - results[0].accuracy
    return [
        Row(
            f"max_features 200,000 ({size / 1e6:.1f} MB)",
            _accuracy(results[0]),
            f"{whole:.4f}",
            f"{-100 * lost:+.2f} points",
            ">= -0.2 points",
            lost <= 0.002,
        )
    ]


def characters(data: Data) -> list[Row]:
    """A second view of the text."""
    words, both = (measured(works.train, data, (candidate,)) for candidate in (WORDS_ALONE, CHARACTERS))
    one, two = words.answer[0][0], both.answer[0][0]
    gained = two.accuracy - one.accuracy
    return [
        Row(
            "words and characters, accuracy",
            _accuracy(two),
            _accuracy(one),
            f"{100 * gained:+.2f} points",
            ">= +0.3 points",
            gained >= 0.003,
        ),
        Row(
            "its training, CPU",
            f"{both.cpu_seconds:.0f} s",
            f"{words.cpu_seconds:.0f} s",
            f"{both.cpu_seconds / words.cpu_seconds:.1f}x",
            "",
            None,
        ),
        Row(
            "its file",
            f"{both.answer[2] / 1e6:.0f} MB",
            f"{words.answer[2] / 1e6:.0f} MB",
            f"{both.answer[2] / words.answer[2]:.1f}x",
            "",
            None,
        ),
    ]


def growth(data: Data) -> list[Row]:
    """Cross-validation and refit of one recipe on generated texts."""
    del data
    costs = {size: measured(works.grow, size) for size in GENERATED}
    draw_growth(costs, page.GROWTH)
    least = costs[GENERATED[0]].cpu_seconds / GENERATED[0]
    return [
        Row(
            f"{size:,} generated texts",
            f"{cost.cpu_seconds:.0f} s CPU, {_mb(cost)}",
            "",
            f"{cost.cpu_seconds / size / least:.2f} per text",
            "linear",
            None,
        )
        for size, cost in costs.items()
    ]


def _count_keys(data: Data) -> works.Work:
    return works.count_native(data, named=False)


def _count_named(data: Data) -> works.Work:
    return works.count_native(data, named=True)


def _times(what: str, ours: Cost, theirs: Cost, wanted: float | None, note: str = "", *, equal: bool = True) -> Row:
    ratio = theirs.cpu_seconds / ours.cpu_seconds
    return Row(
        what,
        f"{ours.cpu_seconds:.1f} s{note}",
        f"{theirs.cpu_seconds:.1f} s",
        f"{ratio:.1f}x",
        f">= {wanted:.0f}x" if wanted else "",
        ratio >= wanted and equal if wanted else None,
    )


def _recipe(result: Result, before: Result, *, chosen: bool) -> Row:
    gained = f"{100 * (result.accuracy - before.accuracy):+.2f} points"
    ours = f"{_accuracy(result)}, ECE {result.mean('ece'):.4f}"
    target = ">= 0.912, ECE <= 0.015" if chosen else ""
    met = result.accuracy >= 0.912 and result.mean("ece") <= 0.015 if chosen else None
    name = f"**{result.candidate.name}**" if chosen else result.candidate.name
    return Row(f"recipe {name}", ours, f"{_accuracy(before)} ({before.candidate.name})", gained, target, met)


def _accuracy(result: Result) -> str:
    return f"{result.accuracy:.4f} ± {result.accuracy_error:.4f}"


def _mb(cost: Cost) -> str:
    return f"{cost.peak_bytes / 1e6:.0f} MB"
