"""The routing table: which event wakes which key. Level-triggered: an event only names the key to reconcile.

Run with `python -m sentiment_operator`, or `kopf run --standalone -m sentiment_operator.main`.
"""

import logging
import os
from typing import Any

import kopf

from sentiment_operator.api.errors import ClusterError
from sentiment_operator.api.names import CHILD_SELECTOR, GROUP, MANAGED_BY_LABEL, MODEL_LABEL, PLURAL, VERSION, Key
from sentiment_operator.engine import Engine
from sentiment_operator.logs import clean_all
from sentiment_operator.settings import Settings, SettingsError

CHILDREN = (
    ("apps", "v1", "deployments"),
    ("", "v1", "services"),
    ("", "v1", "pods"),
    ("policy", "v1", "poddisruptionbudgets"),
    ("autoscaling", "v2", "horizontalpodautoscalers"),
    ("batch", "v1", "jobs"),
)

CHATTY = ("kopf.objects", "kopf.activities.probe", "aiohttp.access")
"""Loggers with a line for each event and each probe. The one line of a reconcile is more useful."""


@kopf.on.startup()
async def start(settings: kopf.OperatorSettings, memo: Any, **_: Any) -> None:
    clean_all()
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    settings.scanning.disabled = True
    settings.posting.enabled = False
    settings.watching.server_timeout = 600
    settings.watching.client_timeout = 660
    settings.watching.connect_timeout = 10
    settings.watching.chunk_size = 500
    for child in CHILDREN:
        settings.watching.label_selectors[child] = CHILD_SELECTOR
    try:
        memo.engine = Engine(Settings.from_environment(os.environ))
        await memo.engine.start()
    except SettingsError as error:
        raise kopf.PermanentError(str(error)) from error
    except ClusterError as error:
        raise kopf.PermanentError(f"SentimentModels cannot be listed: is the CRD applied? {error}") from error


@kopf.on.cleanup()
async def stop(memo: Any, **_: Any) -> None:
    if "engine" in memo:
        await memo.engine.stop()


@kopf.on.probe(id="queue", errors=kopf.ErrorsMode.PERMANENT)
async def alive(memo: Any, **_: Any) -> str:
    if trouble := memo.engine.trouble():
        raise kopf.PermanentError(trouble)
    return "moving"


@kopf.on.event(GROUP, VERSION, PLURAL)
async def resource_changed(namespace: str | None, name: str, memo: Any, **_: Any) -> None:
    memo.engine.changed(Key(namespace or "", name))


@kopf.on.event("apps", "v1", "deployments", labels={MANAGED_BY_LABEL: kopf.PRESENT})
@kopf.on.event("", "v1", "services", labels={MANAGED_BY_LABEL: kopf.PRESENT})
@kopf.on.event("", "v1", "pods", labels={MANAGED_BY_LABEL: kopf.PRESENT})
@kopf.on.event("policy", "v1", "poddisruptionbudgets", labels={MANAGED_BY_LABEL: kopf.PRESENT})
@kopf.on.event("autoscaling", "v2", "horizontalpodautoscalers", labels={MANAGED_BY_LABEL: kopf.PRESENT})
@kopf.on.event("batch", "v1", "jobs", labels={MANAGED_BY_LABEL: kopf.PRESENT})
async def child_changed(namespace: str | None, labels: kopf.Labels, memo: Any, **_: Any) -> None:
    if name := labels.get(MODEL_LABEL):
        memo.engine.changed(Key(namespace or "", name))
