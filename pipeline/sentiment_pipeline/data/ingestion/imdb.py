"""The Large Movie Review Dataset (Maas et al. 2011): converts its official archive to CSV."""

import csv
import gzip
import io
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path

from sentiment_pipeline.errors import SourceError
from sentiment_pipeline.progress import progress

URL = "https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz"
SHA256 = "c40f74a18d3b61f90feba1e17730e0d38e8b97c05fde7008942e91923d1658fe"

COLUMNS = ("id", "label", "rating", "movie", "text")

_REVIEW = re.compile(r"aclImdb/(train|test)/(neg|pos)/(\d+)_(\d+)\.txt")
_URLS = re.compile(r"aclImdb/(train|test)/urls_(neg|pos)\.txt")
_MOVIE = re.compile(r"/title/(tt\d+)")
_LABELS = {"neg": "negative", "pos": "positive"}


def convert(archive: Path, target: Path) -> None:
    """Write both halves of the archive as CSV.gz with the columns COLUMNS, in a fixed order.

    Raises:
        SourceError: the archive is not the data set.
    """
    rows = sorted(_rows(archive))
    if not rows:
        raise SourceError(f"{archive.name} holds no reviews under aclImdb/train and aclImdb/test")
    # mtime 0: the same reviews, the same bytes.
    with (
        target.open("wb") as raw,
        gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as packed,
        io.TextIOWrapper(packed, encoding="utf-8", newline="") as file,
    ):
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows)


def _rows(archive: Path) -> Iterator[tuple[str, str, str, str, str]]:
    reviews: list[tuple[str, str, int, str, str]] = []
    movies: dict[tuple[str, str], list[str]] = {}
    try:
        with tarfile.open(archive) as tar, progress("read the IMDB archive", None) as advance:
            for member in tar:
                if match := _REVIEW.fullmatch(member.name):
                    half, side, number, rating = match.groups()
                    reviews.append((half, side, int(number), rating, _content(tar, member)))
                    advance(1)
                elif match := _URLS.fullmatch(member.name):
                    half, side = match.groups()
                    movies[half, side] = _MOVIE.findall(_content(tar, member))
    except tarfile.TarError:
        raise SourceError(f"{archive.name} is not a tar archive") from None
    for half, side, number, rating, text in reviews:
        # A review's number is the line number of its film's address.
        films = movies.get((half, side), [])
        movie = films[number] if number < len(films) else ""
        yield f"{half}-{side}-{number}", _LABELS[side], rating, movie, text


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> str:
    file = tar.extractfile(member)
    return "" if file is None else file.read().decode()
