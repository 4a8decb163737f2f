"""Stage `ingest`: fetch the raw reviews unchanged and report their source, size and checksum."""

import shutil
from pathlib import Path

from sentiment_pipeline import paths
from sentiment_pipeline.data.ingestion.sources import checksum, fetch, mark_of, shown
from sentiment_pipeline.errors import SourceChanged
from sentiment_pipeline.params import DataParams
from sentiment_pipeline.progress import log_line
from sentiment_pipeline.report import read_json, write_json


def ingest(data: DataParams, root: Path = Path()) -> None:
    """Fetch `data.source` into data/raw and report source, size, checksum and mark.

    Raises:
        SourceError: the reviews could not be fetched, or their checksum is not the expected one.
    """
    folder = root / paths.RAW
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    fetched = fetch(data, folder)
    digest, size = checksum(fetched.file), fetched.file.stat().st_size
    write_json(
        root / paths.INGEST_REPORT,
        {
            "source": shown(data.source),
            "file": fetched.file.name,
            "bytes": size,
            "sha256": digest,
            "mark": fetched.mark,
        },
    )
    log_line(f"ingested {shown(data.source)}: {size:,} bytes, sha256 {digest}")


def check_source(data: DataParams, root: Path = Path()) -> str:
    """Check whether the source still holds what was ingested, without fetching it.

    Returns:
        The finding as a sentence.

    Raises:
        SourceChanged: the source holds something else.
        SourceError: the source cannot be reached.
        DataError: nothing was ingested.
    """
    ingested, source = read_json(root / paths.INGEST_REPORT), shown(data.source)
    if ingested["source"] != source:
        return f"{source} was not ingested yet ({ingested['source']} was): run `dvc repro`"
    before, now = ingested.get("mark", ""), mark_of(data)
    if now and before != now:
        raise SourceChanged(
            f"{source} is not what was ingested ({before} then, {now} now): to take it, run"
            " `dvc repro --force --single-item ingest` and then `dvc repro`"
        )
    if not before and "://" in source:
        return f"{source} sends neither ETag nor Last-Modified, so a change cannot be seen"
    return f"{source} is what was ingested"
