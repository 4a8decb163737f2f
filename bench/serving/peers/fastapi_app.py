"""A usual FastAPI service. It runs in its own environment; the variable PIPELINE names the model."""

import os
import pickle
from pathlib import Path

from fastapi import FastAPI
from pydantic import BaseModel

pipeline = pickle.loads(Path(os.environ["PIPELINE"]).read_bytes())  # noqa: S301 - the benchmark wrote it
labels = [str(label) for label in pipeline.classes_]
app = FastAPI()


class Review(BaseModel):
    """The request."""

    text: str


class Answer(BaseModel):
    """The response."""

    label: str
    probabilities: dict[str, float]


# Without `async`, each call goes through a thread pool, which is slower.
@app.post("/predict")
async def predict(review: Review) -> Answer:
    probabilities = [float(one) for one in pipeline.predict_proba([review.text])[0]]
    best = max(range(len(labels)), key=probabilities.__getitem__)
    return Answer(label=labels[best], probabilities=dict(zip(labels, probabilities, strict=True)))
