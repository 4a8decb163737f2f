"""`python -m bench.serving`: measure, print, and write docs/bench-serving.md."""

import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

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
from bench.table import Row

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
    chosen = only.split(",")
    if unknown := set(chosen) - set(PARTS):
        raise click.BadParameter(f"no part is called {', '.join(sorted(unknown))}")
    try:
        met = [play(name, data=data, group=group, soak=soak) for name in chosen]
    except CannotMeasure as error:
        sys.exit(f"bench: {error}")
    sys.exit(0 if all(met) else 1)


def play(name: str, *, data: str, group: str, soak: int) -> bool:
    """Measure one part, keep and show its rows; whether none missed its target."""
    model = trained(Data(str(Path(data).resolve()) if Path(data).exists() else data, group))
    click.echo(f"==> {name}", err=True)
    rows = (PARTS | {"soak": partial(endurance.soak, seconds=soak)})[name](model)
    for row in rows:
        click.echo(json.dumps(row.__dict__, ensure_ascii=False))
    TABLE.keep(name, rows)
    TABLE.write(list(PARTS))
    return all(row.met is not False for row in rows)


if __name__ == "__main__":
    main(prog_name="python -m bench.serving")
