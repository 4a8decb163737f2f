"""What the commands share: errors as sentences, and options."""

import errno
from typing import Any

import click

from sentiment_model.errors import ManifestError, ModelFileError
from sentiment_model.registered_name import why_refused
from sentiment_pipeline.errors import PipelineError
from sentiment_pipeline.text import console_line


class Commands(click.Group):
    """A group that prints our errors as one sentence, without a traceback. They may quote text of others."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except (PipelineError, ModelFileError, ManifestError) as error:
            lines = str(error).split("\n")
            raise click.ClickException("\n".join(map(console_line, lines))) from error
        except OSError as error:
            # click itself ends quietly if the reader of the output has gone.
            if error.filename is None or error.errno == errno.EPIPE:
                raise
            what = f"{error.filename}: {error.strerror}; check the path, the rights to it and the space on its disk"
            raise click.ClickException(console_line(what)) from error


def _renamed(context: click.Context, option: click.Parameter, pairs: tuple[str, ...]) -> dict[str, str]:
    names = {}
    for pair in pairs:
        old, equals, new = pair.partition("=")
        if not equals or not new:
            raise click.BadParameter(f"expected OLD=NEW, found {pair!r}")
        names[old] = new
    return names


RENAME = click.option("--rename", multiple=True, callback=_renamed, help="Rename a label: 1=positive. Repeatable.")


def registered_name(context: click.Context, option: click.Parameter, name: str | None) -> str | None:
    """Callback of --name.

    Raises:
        PipelineError: no registered model can have the name.
    """
    if name is not None and (refused := why_refused(name)):
        raise PipelineError(f"--name {refused}: use the name of the registered model in MLflow")
    return name
