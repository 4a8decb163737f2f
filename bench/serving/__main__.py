"""`python -m bench.serving`: measure, print, and write docs/bench-serving.md."""

import sys
from collections.abc import Callable
from functools import partial

import click

from bench.model.corpus import Data
from bench.serving import soak as endurance
from bench.serving.batch import batch
from bench.serving.breakdown import breakdown
from bench.serving.footprint import footprint
from bench.serving.hostility import hostility
from bench.serving.overload import overload
from bench.serving.page import TABLE
from bench.serving.speed import paced, speed
from bench.serving.trained import Trained, trained
from bench.serving.wrk import CannotMeasure
from bench.table import Row, chosen
from lab.client import LabError
from sentiment_pipeline.data.ingestion.sources import from_anywhere

PARTS: dict[str, Callable[[Trained], list[Row]]] = {
    "speed": speed,
    "paced": paced,
    "footprint": footprint,
    "batch": batch,
    "soak": endurance.soak,
    "overload": overload,
    "hostility": hostility,
    "breakdown": breakdown,
}


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--data", default="builtin:sample", show_default=True, help="labelled reviews, as data.source in params.yaml"
)
@click.option("--group", default="", help="the column whose rows belong together")
@click.option("--only", default=",".join(PARTS), show_default=True, help="some parts; the rows of others are kept")
@click.option("--soak", default=endurance.SOAK_SECONDS, show_default=True, help="seconds of the soak")
def main(data: str, group: str, only: str, soak: int) -> None:
    """Measure the serving process, on core 0, against its peers. Exit code 1 when a target was missed."""
    names = chosen(only, list(PARTS))
    try:
        model = trained(Data(from_anywhere(data), group))
        met = [play(name, model, soak=soak) for name in names]
    except (CannotMeasure, LabError) as error:
        sys.exit(f"bench: {error}")
    sys.exit(0 if all(met) else 1)


def play(name: str, model: Trained, *, soak: int) -> bool:
    """Measure one part, keep and print its rows, and return whether all targets were met."""
    click.echo(f"==> {name}", err=True)
    rows = (PARTS | {"soak": partial(endurance.soak, seconds=soak)})[name](model)
    TABLE.add(name, rows, parts=list(PARTS))
    return all(row.met is not False for row in rows)


if __name__ == "__main__":
    main(prog_name="python -m bench.serving")
