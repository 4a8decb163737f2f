"""`python -m bench.model`: measure, print, and write docs/bench-model.md."""

from collections.abc import Callable

import click

from bench.model import rows
from bench.model.corpus import Data
from bench.model.page import TABLE
from bench.table import Row, chosen
from sentiment_pipeline.data.ingestion.sources import from_anywhere

PARTS: dict[str, Callable[[Data], list[Row]]] = {
    "counting": rows.counting,
    "prediction": rows.prediction,
    "recipes": rows.recipes,
    "search": rows.search,
    "features": rows.features,
    "characters": rows.characters,
    "growth": rows.growth,
}


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--data", required=True, help="labelled reviews, as data.source in params.yaml")
@click.option("--group", default="", help="the column whose rows belong together")
@click.option("--only", default=",".join(PARTS), show_default=True, help="some parts; the rows of others are kept")
def main(data: str, group: str, only: str) -> None:
    """Measure the model's core and its training against scikit-learn."""
    source = Data(from_anywhere(data), group)
    for name in chosen(only, list(PARTS)):
        click.echo(f"==> {name}", err=True)
        TABLE.add(name, PARTS[name](source), parts=list(PARTS))


if __name__ == "__main__":
    main(prog_name="python -m bench.model")
