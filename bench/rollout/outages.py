"""Outages of the registry or the artifact store: running pods keep serving, and no other version is called ready."""

import base64
from urllib.parse import urlsplit

from bench.rollout.scenario import Result, Scenario, change, under_load, version
from bench.rollout.stage import Stage
from lab import client
from testbed import steps
from testbed.forwarder import Forwarder
from testbed.outages import registry_down
from testbed.resource import Resource
from testbed.waiting import eventually

PATCHES = 90
PATCHES_IN_OUTAGE = 10
GOOD_EVERY = 30
HEALED_SECONDS = 180.0


def waits(stage: Stage) -> Result:
    """Patch to versions that cannot be served, and sometimes to a good one: the two waits must be right each time."""
    resource = stage.served()
    bad = [stage.registry.publish_unreadable(resource.model) for _ in range(2)]
    wrong, good = 0, 0
    for number in range(1, PATCHES + 1):
        is_good = number % GOOD_EVERY == 0
        wanted = stage.registry.publish(resource.model) if is_good else (*bad, str(900_000 + number))[number % 3]
        resource.patch_version(wanted)
        outcome = resource.wait()
        good += is_good and outcome.ready and outcome.serving == wanted
        wrong += outcome.ready != is_good
    _settle(stage, resource)
    expected = PATCHES // GOOD_EVERY
    return Result(
        f"{PATCHES} patches: {wrong} wrong waits; {good} of {expected} good versions served",
        met=wrong == 0 and good == expected,
    )


def waits_in_outage(stage: Stage) -> Result:
    """The same with the registry down: no version can be resolved, so that none may be called ready."""
    resource = stage.served()
    wrong = 0
    target = ("-n", resource.namespace, "wait", f"smdl/{resource.name}")
    with registry_down():
        for number in range(PATCHES_IN_OUTAGE):
            resource.patch_version(str(910_000 + number))
            stage.cluster.try_kubectl(*target, "--for=condition=Reconciling=False", "--timeout=3s")
            wrong += stage.cluster.try_kubectl(*target, "--for=condition=Ready", "--timeout=0").returncode == 0
    _settle(stage, resource)
    return Result(f"{PATCHES_IN_OUTAGE} patches: {wrong} called ready", met=wrong == 0)


def registry_outage(stage: Stage) -> Result:
    """Scale, delete a pod and restart the operator under load; then delete the Deployment, counted separately."""
    resource = stage.served()
    resource.patch({"spec": {"replicas": 1}})
    _settle(stage, resource)
    with registry_down():
        with under_load(stage, resource) as seen:
            resource.kubectl("scale", "smdl", resource.name, "--replicas=3")
            _ready(resource, 3)
            resource.kubectl("delete", "pod", resource.pods()[0]["metadata"]["name"], "--wait=false")
            _ready(resource, 3)
            steps.restart_operator(stage.cluster)
            resource.wait_for(ModelResolved=("Unknown", "RegistryUnreachable"), Ready=("True", "Serving"), seconds=120)
        with under_load(stage, resource) as deleted:
            before = resource.get("deployment")["metadata"]["uid"]
            resource.kubectl("delete", "deployment", resource.name)
            eventually(lambda: _deployment_uid(resource) not in ("", before), "the Deployment made again")
            _ready(resource, 3)
            resource.wait_for(ModelResolved=("Unknown", "RegistryUnreachable"), Ready=("True", "Serving"), seconds=120)
    resource.patch({"spec": {"replicas": 2}})
    _settle(stage, resource)
    assert seen.load is not None
    return Result(
        f"scaled to 3, pod replaced, operator restarted: {seen.failed}; Deployment deleted and made again: "
        f"{deleted.failed}; Ready True/Serving, ModelResolved Unknown/RegistryUnreachable all along",
        met=seen.load.failed == 0,
    )


def store_outage(stage: Stage) -> Result:
    """Request a new version and delete a pod while the store refuses connections; then open it again."""
    store = urlsplit(stage.cluster.environment["AWS_ENDPOINT_URL"])
    forwarder = Forwarder(str(client.host_address()), (store.hostname or "", store.port or 80))
    try:
        with stage.fresh() as resource:
            _reach_store_by(resource, forwarder)
            resource.apply(stage.registry.publish(resource.model), rollout={})
            assert resource.wait().ready
            good, wanted = resource.serving() or "", stage.registry.publish(resource.model)
            with under_load(stage, resource) as seen:
                forwarder.close()
                resource.patch({"spec": version(wanted)})
                eventually(lambda: "cannot fetch" in resource.message("Ready"), "the reason in the message")
                message = resource.message("Ready")
                resource.kubectl("delete", "pod", resource.pods()[0]["metadata"]["name"], "--wait=false")
                eventually(lambda: len(resource.pods()) == 2, "a new pod made")
                forwarder.open()
                outcome = change(seen, resource, version(wanted))
    finally:
        forwarder.close()
    assert seen.load is not None
    return Result(
        f'message: "{message}"; healed in {seen.seconds:.0f} s; {seen.failed}; '
        f"{seen.answers(good)} answers of the old version, {seen.answers(wanted)} of the new one",
        met=outcome.ready and outcome.serving == wanted and seen.load.failed == 0 and seen.seconds <= HEALED_SECONDS,
    )


def _reach_store_by(resource: Resource, forwarder: Forwarder) -> None:
    host, port = forwarder.address
    url = base64.b64encode(f"http://{host}:{port}".encode()).decode()
    resource.kubectl("patch", "secret", "artifact-store", "-p", f'{{"data":{{"AWS_ENDPOINT_URL":"{url}"}}}}')


def _settle(stage: Stage, resource: Resource) -> None:
    """Request the version that serves, and wait for it."""
    serving = resource.serving()
    assert serving is not None
    resource.patch_version(serving)
    outcome = resource.wait()
    assert outcome.ready, outcome


def _ready(resource: Resource, count: int) -> None:
    def look() -> bool:
        return resource.status().get("podsReady") == f"{count}/{count}" and len(resource.pods()) == count

    eventually(look, f"{count} pods ready", seconds=120)


def _deployment_uid(resource: Resource) -> str:
    return resource.kubectl("get", "deployment", resource.name, "--ignore-not-found", "-o", "jsonpath={.metadata.uid}")


SCENARIOS = (
    Scenario("waits", "patch and two waits, never true for an old generation", "0 wrong waits", waits),
    Scenario("waits-outage", "the same while the registry is down", "0 called ready", waits_in_outage),
    Scenario(
        "registry-down",
        "registry down: scale 1 -> 3, delete a pod, restart the operator, delete the Deployment",
        "keeps serving; ModelResolved Unknown",
        registry_outage,
    ),
    Scenario(
        "store-down",
        "artifact store down: a new version, a lost pod",
        "running pods serve, new ones report why they wait, recovers without an edit",
        store_outage,
    ),
)
