"""Paths of the files that the stages read and write, relative to the folder of dvc.yaml and params.yaml."""

from pathlib import Path

PARAMS = Path("params.yaml")
LOCK = Path("dvc.lock")

RAW = Path("data/raw")
TABLE_SUFFIXES = (".csv", ".csv.gz", ".jsonl", ".jsonl.gz")
"""File names of tables end in one of these."""

TRAIN = Path("data/prepared/train.jsonl")
TEST = Path("data/prepared/test.jsonl")

MODEL_DIR = Path("models/current")

INGEST_REPORT = Path("reports/ingest.json")
PREPARE_REPORT = Path("reports/prepare.json")
TRAIN_REPORT = Path("reports/train.json")
CANDIDATES_PLOT = Path("reports/candidates.csv")
NGRAMS_REPORT = Path("reports/ngrams.csv")
LEARNING_PLOT = Path("reports/learning.csv")
DATA_REPORT = Path("reports/data.json")
DUPLICATES_REPORT = Path("reports/duplicates.csv")
EVALUATE_REPORT = Path("reports/evaluate.json")
CONFUSION_PLOT = Path("reports/confusion.csv")
CALIBRATION_PLOT = Path("reports/calibration.csv")
MISTAKES_REPORT = Path("reports/mistakes.csv")
BEHAVIOUR_REPORT = Path("reports/behaviour.json")
TEMPLATES_REPORT = Path("reports/behaviour.csv")
FIGURES = Path("reports/figures")
EVALUATE_PAGE = Path("reports/evaluate.html")
