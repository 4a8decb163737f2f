"""Runs in MLflow's environment: saves a pickled Pipeline as an MLflow model. Arguments: PICKLE FOLDER."""

import pickle
import shutil
import sys
from pathlib import Path

import mlflow.sklearn

pipeline = pickle.loads(Path(sys.argv[1]).read_bytes())  # noqa: S301 - the benchmark wrote it
shutil.rmtree(sys.argv[2], ignore_errors=True)
mlflow.sklearn.save_model(pipeline, sys.argv[2], serialization_format="cloudpickle")
