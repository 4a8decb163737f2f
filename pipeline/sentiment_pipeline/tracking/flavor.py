"""Our model as an MLflow flavor: a pyfunc model without a pickle, with its files at the root of the artifacts.

`mlflow.pyfunc.load_model` and `mlflow models serve` find the loader in `sentiment_model.pyfunc`, which is logged in
`code/`. A serving pod needs neither: it reads the four files that the manifest covers.
"""

import shutil
from importlib.metadata import version
from pathlib import Path
from typing import Any

import sentiment_model
from sentiment_model.manifest import MANIFEST, parse_manifest

INPUT_EXAMPLE = {"text": ["A warm and funny film.", "Dull from start to finish."]}


def save_model(path: str, mlflow_model: Any, *, folder: Path) -> None:
    """Save the version in `folder` as an MLflow model at `path`."""
    import mlflow.pyfunc
    import pandas as pd
    from mlflow.models import ModelSignature
    from mlflow.types.schema import ColSpec, Schema

    mlflow.pyfunc.save_model(
        path=path,
        mlflow_model=mlflow_model,
        loader_module="sentiment_model.pyfunc",
        code_paths=[str(Path(sentiment_model.__file__).parent)],
        signature=ModelSignature(
            inputs=Schema([ColSpec("string", "text")]),
            outputs=Schema([ColSpec("string", "label"), ColSpec("double", "probability")]),
        ),
        input_example=pd.DataFrame(INPUT_EXAMPLE),
        pip_requirements=[f"mlflow=={version('mlflow')}"],
    )
    manifest = parse_manifest((folder / MANIFEST).read_bytes())
    for name in (MANIFEST, *(file.name for file in manifest.files)):
        shutil.copyfile(folder / name, Path(path) / name)
