"""The built-in sample: reviews of invented films, the same for the same seed on every machine.

The reviews are hard in the ways of real ones: negation, contrasts whose second half counts, praise and blame side by
side, words that can mean either, reviews with little opinion, and wrong labels (5 %). A linear model over word pairs
reaches an accuracy of about 89 %.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from sentiment_pipeline.data.sample import vocabulary as words

COLUMNS = ("id", "label", "movie", "text")
LABELS = ("negative", "positive")

_WRONG_LABEL_SHARE = 0.05
_LUKEWARM_SHARE = 0.06
_REVIEWS_PER_MOVIE = 20


@dataclass(frozen=True)
class _Movie:
    title: str
    director: str
    star: str
    hero: str
    genre: str
    lean: float
    """Share of its reviewers who like it."""


def sample_rows(rows: int, seed: int) -> Iterator[dict[str, str]]:
    """Yield `rows` reviews with the columns COLUMNS."""
    random = Random(seed)  # noqa: S311 - reproducible text, not a secret
    movies = [_movie(random) for _ in range(max(1, rows // _REVIEWS_PER_MOVIE))]
    for number in range(rows):
        movie = random.choice(movies)
        liked = random.random() < movie.lean
        text = _review(random, movie, liked)
        label = liked if random.random() >= _WRONG_LABEL_SHARE else not liked
        yield {"id": f"sample-{seed}-{number:06d}", "label": LABELS[label], "movie": movie.title, "text": text}


def write_sample(path: Path, rows: int, seed: int) -> None:
    """Write the sample as CSV."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(sample_rows(rows, seed))


def _movie(random: Random) -> _Movie:
    return _Movie(
        title=f"{random.choice(words.TITLE_FIRST)} {random.choice(words.TITLE_SECOND)} {random.randint(1, 99)}",
        director=_name(random),
        star=_name(random),
        hero=random.choice(words.FIRST_NAMES),
        genre=random.choice(words.GENRES),
        lean=random.choice((0.25, 0.4, 0.5, 0.6, 0.75)),
    )


def _name(random: Random) -> str:
    return f"{random.choice(words.FIRST_NAMES)} {random.choice(words.LAST_NAMES)}"


def _review(random: Random, movie: _Movie, liked: bool) -> str:
    lukewarm = random.random() < _LUKEWARM_SHARE
    sentences = [_filler(random, movie) for _ in range(random.randint(1, 5))]
    for _ in range(1 if lukewarm else random.randint(3, 6)):
        sentences.append(_opinion(random, movie, liked))
    if lukewarm or random.random() < 0.12:
        # Also an opinion of the other side.
        sentences.append(_plain(random, not liked))
    random.shuffle(sentences)
    if not lukewarm and random.random() < 0.4:
        sentences.append(random.choice(words.GOOD_ENDINGS if liked else words.BAD_ENDINGS))
    separator = "<br /><br />" if random.random() < 0.08 else " "
    return separator.join(sentences)


def _opinion(random: Random, movie: _Movie, liked: bool) -> str:
    kind = random.random()
    if kind < 0.50:
        return _plain(random, liked)
    if kind < 0.62:
        return _negated(random, liked)
    if kind < 0.74:
        return _contrast(random, liked)
    if kind < 0.82:
        return _turn(random, liked)
    if kind < 0.93:
        verb = random.choice(words.GOOD_VERBS if liked else words.BAD_VERBS)
        return f"I {verb} {random.choice((movie.title, 'this ' + movie.genre, 'the ' + random.choice(words.ASPECTS)))}."
    return f"It is {random.choice(words.EITHER_ADJECTIVES)}, and {_either(random, liked)}."


def _plain(random: Random, liked: bool) -> str:
    aspect, adjective = random.choice(words.ASPECTS), _adjective(random, liked)
    strength = random.choice(words.INTENSIFIERS) + " " if random.random() < 0.45 else ""
    forms = (
        f"The {aspect} is {strength}{adjective}.",
        f"I found the {aspect} {strength}{adjective}.",
        f"What {_article(adjective)} {aspect}!",
        f"{adjective.capitalize()} {aspect}, {adjective} {random.choice(words.ASPECTS)}.",
        f"The {aspect} and the {random.choice(words.ASPECTS)} are both {strength}{adjective}.",
        f"Such {_article(adjective)} {aspect}.",
    )
    return random.choice(forms)


def _negated(random: Random, liked: bool) -> str:
    aspect, other = random.choice(words.ASPECTS), _adjective(random, not liked)
    forms = (
        f"The {aspect} is not {other} at all.",
        f"The {aspect} isn't {other}, whatever you have heard.",
        f"I did not find the {aspect} {other}.",
        f"Not a {other} moment in the {aspect}.",
        f"Nothing about the {aspect} is {other}.",
        f"The {aspect} was never {other}.",
        f"It is hardly {other}.",
        f"I wouldn't call the {aspect} {other}.",
    )
    return random.choice(forms)


def _contrast(random: Random, liked: bool) -> str:
    before, after = _adjective(random, not liked), _adjective(random, liked)
    first, second = random.choice(words.ASPECTS), random.choice(words.ASPECTS)
    forms = (
        f"{before.capitalize()} but {after}.",
        f"The {first} is {before}, but the {second} is {after}.",
        f"Although the {first} is {before}, the film as a whole is {after}.",
        f"{_article(before).capitalize()} {first} cannot {'spoil' if liked else 'save'} it: the rest is {after}.",
        f"Yes, the {first} is {before}; even so, it is {after}.",
        f"For all its {before} {first}, I found it {after}.",
    )
    return random.choice(forms)


def _turn(random: Random, liked: bool) -> str:
    template = random.choice(words.GOOD_TURNS if liked else words.BAD_TURNS)
    good, bad = _adjective(random, True), _adjective(random, False)
    return template.format(good=good, bad=bad, good2=_adjective(random, True), bad2=_adjective(random, False))


def _either(random: Random, liked: bool) -> str:
    good = ("that suits it", "I was glad of it", "it works", "I would not change a thing")
    bad = ("that sinks it", "I was tired of it", "it fails", "I would change everything")
    return random.choice(good if liked else bad)


def _adjective(random: Random, good: bool) -> str:
    return random.choice(words.GOOD_ADJECTIVES if good else words.BAD_ADJECTIVES)


def _article(adjective: str) -> str:
    return f"{'an' if adjective[0] in 'aeiou' else 'a'} {adjective}"


def _filler(random: Random, movie: _Movie) -> str:
    return random.choice(words.FILLERS).format(
        hero=movie.hero,
        star=movie.star,
        director=movie.director,
        genre=movie.genre,
        place=random.choice(words.PLACES),
        job=random.choice(words.JOBS),
        job2=random.choice(words.JOBS),
        day=random.choice(words.DAYS),
        ordinal=random.choice(words.ORDINALS),
        minutes=random.randint(80, 170),
        weeks=random.randint(3, 30),
        other=f"{random.choice(words.TITLE_FIRST)} {random.choice(words.TITLE_SECOND)}",
    )
