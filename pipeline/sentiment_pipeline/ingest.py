"""Stage `ingest`: bring the raw reviews here, as they are, and say exactly what came."""

import shutil
from pathlib import Path

from sentiment_pipeline import paths
from sentiment_pipeline.params import DataParams
from sentiment_pipeline.progress import say
from sentiment_pipeline.report import write_json
from sentiment_pipeline.sources import checksum, fetch, shown


def ingest(data: DataParams, root: Path = Path()) -> None:
    """Fetch `data.source` into data/raw and report source, size and checksum.

    Raises:
        SourceError: the reviews could not be had, or are not the ones that were asked for.
    """
    folder = root / paths.RAW
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    file = fetch(data, folder)
    digest, size = checksum(file), file.stat().st_size
    write_json(
        root / paths.INGEST_REPORT,
        {"source": shown(data.source), "file": file.name, "bytes": size, "sha256": digest},
    )
    say(f"ingested {shown(data.source)}: {size:,} bytes, sha256 {digest}")
