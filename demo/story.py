"""The steps of the demo, in order: make targets, kubectl commands and requests as a user would run them."""

import json
import os
import sys
from pathlib import Path
from typing import Literal

from delivery import rollout
from delivery.cluster import ROOT, Cluster, DeliveryError, connect
from delivery.forward import port_forward
from delivery.images import pushed_images
from demo import reviews, workspace
from demo.console import Story
from lab import client
from testbed.traffic import traffic

MODEL = "sentiment-reviews"
RESOURCE = "reviews"
NAMESPACE = "default"
REGISTERED = Path("reports/register.json")
TEXTS = (
    "A wonderful film, I loved every minute of it.",
    "Two hours of my life that I will never get back.",
    "Not bad at all, although the ending is weak.",
)
RETRAIN = {
    "train.candidates": [
        {"name": "bayes-smoother", "ngrams": [1, 2], "min_df": 2, "classifier": "naive_bayes", "alpha": 0.2},
        {"name": "nb-logistic-stricter", "ngrams": [1, 3], "min_df": 3, "weighting": "nb", "c": 50.0},
    ]
}
"""Close to the best recipes for few and for many reviews: the gate stops a version that is much worse."""


def play(kind: Literal["lab", "current"], data: str) -> None:
    """Run all steps.

    Args:
        data: the reviews, see `demo.reviews.upload`.

    Raises:
        StepFailed: a command failed.
        DeliveryError: the cluster did not behave as expected.
    """
    story = Story(steps=13 if kind == "lab" else 12)
    if kind == "lab":
        with story.step("Start a Kubernetes cluster: 2 nodes, image registry, S3, MLflow, Prometheus"):
            story.run(*client.command("up", "--nodes", "2"), cwd=ROOT, environment=os.environ)
    Steps(story, connect(kind)).run(data)
    story.table()


class Steps:
    """The steps that need a cluster."""

    def __init__(self, story: Story, cluster: Cluster) -> None:
        self.story, self.cluster = story, cluster
        self.workspace = workspace.WORKSPACE

    def run(self, data: str) -> None:
        step = self.story.step
        with step("Upload the raw reviews to S3"):
            source = reviews.upload(data, environment=self.cluster.environment, report=self.story.report)
            workspace.prepare(self.cluster.environment)
            workspace.set_parameters(self.workspace, {"data.source": source.uri, **source.parameters})
        with step("Run the pipeline: ingest from S3, prepare, train, evaluate; push its results with DVC"):
            self.make("train")
            self.dvc("push")
            self.make("verify-model")
        with step("Register the first version and check it at the gate"):
            first = self.register()
        with step("Build and push both images"):
            self.make("images", f"CLUSTER={self.cluster.kind}")
        with step("Install the operator, apply the SentimentModel, wait until it serves"):
            self.make("install", f"CLUSTER={self.cluster.kind}")
            self.kubectl("apply", "-f", "examples/sentimentmodel.yaml")
            self.roll_out(first)
        with step("Promote the first version to champion, now that the cluster serves it"):
            self.make("promote", f"VERSION={first}")
        with step("Request predictions over HTTP"):
            self.predict()
        with step("Retrain with other recipes and register a second version"):
            workspace.set_parameters(self.workspace, RETRAIN)
            self.make("train")
            second = self.register()
        with step("Roll out the second version under constant load"):
            self.roll_out_under_load(second)
            self.make("promote", f"VERSION={second}")
        with step("Try to roll out a third version, whose model file is unreadable on purpose"):
            third = self.register_broken()
            self.be_refused(third, serving=second)
        with step("Show the SentimentModel and its pods"):
            self.kubectl("get", "smdl")
            self.kubectl("get", "pods", "-l", f"sentiment.dev/model={RESOURCE}")
        with step("Try it yourself"):
            self.show_urls()

    def make(self, target: str, *settings: str) -> str:
        """Run a make target as a workflow would."""
        words = ["make", "--no-print-directory", target, *settings]
        shown = " ".join(words[:1] + words[2:])
        return self.story.run(
            *words,
            f"WORKSPACE={self.workspace.relative_to(ROOT)}",
            cwd=ROOT,
            environment=self.cluster.environment,
            shown=shown,
        )

    def dvc(self, *arguments: str) -> None:
        self.story.run(sys.executable, "-m", "dvc", *arguments, cwd=self.workspace, environment=self.cluster.environment, shown=f"dvc {' '.join(arguments)}")  # fmt: skip  # noqa: E501

    def kubectl(self, *arguments: str) -> None:
        self.story.run("kubectl", *arguments, cwd=ROOT, environment=self.cluster.environment)

    def register(self) -> str:
        self.make("register")
        version = str(json.loads((self.workspace / REGISTERED).read_text())["version"])
        self.make("gate", f"VERSION={version}")
        return version

    def register_broken(self) -> str:
        return self.story.run(
            *(sys.executable, "-m", "demo.broken", "--name", MODEL),
            cwd=self.workspace,
            environment=self.cluster.environment,
            shown=f"python -m demo.broken --name {MODEL}",
        ).split()[-1]

    def patch_and_wait(self, version: str) -> None:
        """Request a version and wait until the operator has finished."""
        change = json.dumps({"spec": {"model": {"version": version, "alias": None}}})
        self.kubectl("patch", "smdl", RESOURCE, "--type=merge", "-p", change)
        self.kubectl("wait", f"smdl/{RESOURCE}", "--for=condition=Reconciling=False", "--timeout=15m")

    def roll_out(self, version: str) -> None:
        """Request a version with the patch and the two waits that CI uses."""
        self.patch_and_wait(version)
        self.kubectl("wait", f"smdl/{RESOURCE}", "--for=condition=Ready", "--timeout=0")

    def roll_out_under_load(self, version: str) -> None:
        url = f"http://{RESOURCE}.{NAMESPACE}.svc.cluster.local"
        image = pushed_images()["sentiment-serving"]
        self.story.report("a pod sends 50 requests a second, half on kept-alive and half on fresh connections")
        with traffic(self.cluster, url, image=image, namespace=NAMESPACE) as load:
            self.roll_out(version)
        assert load.summary is not None
        self.story.report(load.summary.sentence())
        if load.summary.failed:
            raise DeliveryError(f"requests were lost during the rollout: {load.summary.failures}")

    def be_refused(self, version: str, *, serving: str) -> None:
        self.patch_and_wait(version)
        outcome = rollout.wait(self.cluster, RESOURCE, namespace=NAMESPACE)
        if outcome.ready or outcome.reason != "Rejected" or outcome.serving != serving:
            raise DeliveryError(f"version {version} should have been rejected while {serving} serves: {outcome}")
        self.story.report(f"rejected, as expected: {outcome.message}")
        self.predict(TEXTS[:1])

    def predict(self, texts: tuple[str, ...] = TEXTS) -> None:
        with port_forward(self.cluster, RESOURCE, namespace=NAMESPACE) as url:
            for text in texts:
                answer = rollout.predict(url, text)
                label = answer["label"]
                share = answer["probabilities"][label]
                self.story.report(f"{label:8} {share:.2f}  version {answer['model']['version']}  {text}")

    def show_urls(self) -> None:
        environment = self.cluster.environment
        self.story.report(f"predictions  kubectl port-forward service/{RESOURCE} 8000:80, then")
        self.story.report(
            '             curl -d \'{"text": "Loved it"}\' -H content-type:application/json localhost:8000/predict'
        )
        self.story.report(f"MLflow       {environment['MLFLOW_TRACKING_URI']}")
        if "PROMETHEUS_URL" in environment:
            self.story.report(f"Prometheus   {environment['PROMETHEUS_URL']}")
        if self.cluster.kind == "lab":
            self.story.report('kubectl      eval "$(.venv/bin/python -m lab env)"')
            self.story.report("stop         make down")
