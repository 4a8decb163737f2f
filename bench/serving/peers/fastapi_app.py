"""The usual FastAPI service: runs in an environment of its own, with PIPELINE in its surroundings."""

import os
import pickle
from pathlib import Path

from fastapi import FastAPI
from pydantic import BaseModel

pipeline = pickle.loads(Path(os.environ["PIPELINE"]).read_bytes())  # noqa: S301 - the benchmark wrote it
labels = [str(label) for label in pipeline.classes_]
app = FastAPI()


class Review(BaseModel):
    """What is asked."""

    text: str


class TextPrediction(BaseModel):
    """What is answered."""

    label: str
    probabilities: dict[str, float]


# `async`: without it each call goes by way of a pool of threads, which made it slower.
@app.post("/predict")
async def predict(review: Review) -> TextPrediction:
    probabilities = [float(one) for one in pipeline.predict_proba([review.text])[0]]
    best = max(range(len(labels)), key=probabilities.__getitem__)
    return TextPrediction(label=labels[best], probabilities=dict(zip(labels, probabilities, strict=True)))
