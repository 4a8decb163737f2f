"""The running operator: work queue, thread pools and clients, assembled once."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor

from prometheus_client import CollectorRegistry, start_http_server

from sentiment_operator.api.errors import ClusterError
from sentiment_operator.api.names import Key
from sentiment_operator.api.resource import SentimentModel
from sentiment_operator.api.status import Status
from sentiment_operator.cluster import KubernetesCluster
from sentiment_operator.metrics import Metrics
from sentiment_operator.reconcile import Reconciler
from sentiment_operator.registry.mlflow import MlflowRegistry
from sentiment_operator.registry.resolver import Resolver
from sentiment_operator.registry.signature import Signers
from sentiment_operator.registry.tags import Tagger
from sentiment_operator.settings import Settings, SettingsError
from sentiment_operator.workqueue import Backoff, WorkQueue, cancelled

logger = logging.getLogger(__name__)


class Engine:
    """The handlers start it, stop it and give it keys."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        # Each client has its own threads, so that one that hangs does not starve the other.
        self._cluster_pool = ThreadPoolExecutor(settings.workers, thread_name_prefix="cluster")
        # More threads than questions: a request that is given up keeps its thread, and tags are written by one more.
        self._registry_pool = ThreadPoolExecutor(4 * settings.workers + 1, thread_name_prefix="registry")
        self._cluster = KubernetesCluster.connect(
            timeout_seconds=settings.cluster_timeout_seconds, threads=settings.workers
        )
        registry = MlflowRegistry.connect(
            settings.mlflow_tracking_uri,
            timeout_seconds=settings.registry_timeout_seconds,
            allow_http=settings.allow_http_sources,
            signers=_signers(settings),
        )
        resolver = Resolver(
            registry,
            self._registry_pool,
            fresh_seconds=settings.resync_seconds / 2,
            retry_seconds=settings.registry_retry_seconds,
            retry_max_seconds=settings.resync_seconds,
            concurrency=settings.workers,
        )
        series = CollectorRegistry()
        self._metrics = metrics = Metrics(series)
        self._tagger = Tagger(registry, self._registry_pool)
        reconciler = Reconciler(
            self._cluster,
            resolver,
            settings=settings,
            pool=self._cluster_pool,
            recorder=metrics,
            wake=self.changed,
            changed=self._status_changed,
        )
        self._queue: WorkQueue[Key] = WorkQueue(
            metrics.counting_failures(reconciler),
            workers=settings.workers,
            backoff=Backoff(first_seconds=settings.backoff_seconds, max_seconds=settings.backoff_max_seconds),
            expected=(ClusterError,),
        )
        self._loop = asyncio.get_running_loop()
        metrics.watch_queue(self._measure)
        self._series = series
        self._task: asyncio.Task[None] | None = None
        self._tagging: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Check that SentimentModels can be listed, then start to work.

        Raises:
            ClusterError: they cannot be listed.
        """
        await self._loop.run_in_executor(self._cluster_pool, self._cluster.check, self.settings.watch_namespace)
        if self.settings.metrics_port:
            start_http_server(self.settings.metrics_port, registry=self._series)
        self._task = asyncio.create_task(self._queue.run())
        self._tagging = asyncio.create_task(self._tagger.run())

    async def stop(self) -> None:
        """Stop at once; the next operator continues what is in progress."""
        for task in (self._task, self._tagging):
            if task is not None:
                await cancelled(task)
        self._cluster_pool.shutdown(wait=False, cancel_futures=True)
        self._registry_pool.shutdown(wait=False, cancel_futures=True)

    def changed(self, key: Key) -> None:
        """Something about `key` may have changed."""
        if self.settings.watch_namespace in ("", key.namespace):
            self._queue.add(key)

    def _status_changed(self, model: SentimentModel, before: Status, after: Status) -> None:
        self._metrics.changed(model, before, after)
        self._tagger.changed(model, before, after)

    def trouble(self) -> str | None:
        """Why the operator should be restarted, if it should. An unreachable API server is no reason."""
        if self._task is None or self._task.done():
            return "the work queue has stopped"
        return self._queue.stuck(run_bound_seconds=self.settings.reconcile_bound_seconds)

    def _measure(self) -> tuple[int, float]:
        """The queue's depth and age, for the metrics server's thread."""

        async def measure() -> tuple[int, float]:
            return self._queue.depth, self._queue.oldest_wait_seconds

        return asyncio.run_coroutine_threadsafe(measure(), self._loop).result(timeout=5)


def _signers(settings: Settings) -> Signers:
    try:
        signers = Signers.parse(settings.trusted_signing_keys)
    except ValueError as error:
        raise SettingsError(f"TRUSTED_SIGNING_KEYS cannot be read: {error}.") from None
    if signers.keys:
        logger.info("versions need a signature by one of the trusted keys", extra={"keys": len(signers.keys)})
    return signers
