"""Random specs that the CRD accepts: strategies made from its schema, and the pod API's fields where it has none.

The pod API accepts more than one form of the same thing: empty strings, lists and maps, null, and quantities in several
notations. All of them are generated, because the API server stores one form only.
"""

import string
from collections.abc import Mapping
from typing import Any

import yaml
from hypothesis import strategies as st

from testbed.api_server import CRD

Json = dict[str, Any]
Specs = st.SearchStrategy[Json]

ABSENT = object()


def schema() -> Json:
    """The CRD's schema of the spec."""
    version = yaml.safe_load(CRD.read_text())["spec"]["versions"][0]
    found: Json = version["schema"]["openAPIV3Schema"]["properties"]["spec"]
    return found


def fields(**of: st.SearchStrategy[Any]) -> Specs:
    """Objects with some of the fields; the strategy decides whether one is left out (`ABSENT`)."""
    return st.fixed_dictionaries(of).map(
        lambda found: {name: value for name, value in found.items() if value is not ABSENT}
    )


def maybe(*values: Any, of: st.SearchStrategy[Any] | None = None) -> st.SearchStrategy[Any]:
    """Left out, or one of the values, or one of the strategy."""
    return st.one_of(st.just(ABSENT), *map(st.just, values), *([of] if of is not None else []))


def pairs(*values: str) -> Specs:
    """Labels, annotations and selectors that the pod API accepts."""
    names = st.sampled_from(["disk", "team", "example.com/zone", "app.kubernetes.io/part-of"])
    return st.dictionaries(names, st.sampled_from(["", "a", "1", "true", *values]), max_size=3)


_EXPRESSIONS = st.lists(
    st.one_of(
        fields(
            key=st.sampled_from(["disk", "zone"]),
            operator=st.sampled_from(["In", "NotIn"]),
            values=st.lists(st.sampled_from(["", "a", "b"]), min_size=1, max_size=2),
        ),
        fields(key=st.just("gpu"), operator=st.sampled_from(["Exists", "DoesNotExist"]), values=maybe([], None)),
    ),
    max_size=2,
)
_SELECTORS = fields(matchLabels=maybe({}, None, of=pairs()), matchExpressions=maybe([], None, of=_EXPRESSIONS))
_POD_TERMS = fields(
    topologyKey=st.sampled_from(["zone", "kubernetes.io/hostname"]),
    labelSelector=maybe({}, None, of=_SELECTORS),
    namespaces=maybe([], None, ["default"]),
    namespaceSelector=maybe({}, None, of=_SELECTORS),
    matchLabelKeys=maybe([], None),
    mismatchLabelKeys=maybe([], None),
)
_NODE_TERMS = fields(matchExpressions=maybe(None, of=_EXPRESSIONS), matchFields=maybe([], None))


def _weighted(name: str, terms: Specs) -> Specs:
    return fields(**{"weight": st.integers(1, 100), name: terms})


_POD_AFFINITIES = fields(
    requiredDuringSchedulingIgnoredDuringExecution=maybe([], None, of=st.lists(_POD_TERMS, max_size=2)),
    preferredDuringSchedulingIgnoredDuringExecution=maybe(
        [], None, of=st.lists(_weighted("podAffinityTerm", _POD_TERMS), max_size=2)
    ),
)
AFFINITIES = fields(
    nodeAffinity=maybe(
        {},
        None,
        of=fields(
            requiredDuringSchedulingIgnoredDuringExecution=maybe(
                None, of=fields(nodeSelectorTerms=st.lists(_NODE_TERMS, min_size=1, max_size=2))
            ),
            preferredDuringSchedulingIgnoredDuringExecution=maybe(
                [], None, of=st.lists(_weighted("preference", _NODE_TERMS), max_size=2)
            ),
        ),
    ),
    podAffinity=maybe({}, None, of=_POD_AFFINITIES),
    podAntiAffinity=maybe({}, None, of=_POD_AFFINITIES),
)

_EFFECTS = ("", None, "NoSchedule", "PreferNoSchedule", "NoExecute")
TOLERATIONS = st.lists(
    st.one_of(
        fields(
            key=st.sampled_from(["gpu", "node.kubernetes.io/not-ready"]),
            operator=maybe("", None, "Equal"),
            value=maybe("", None, "yes"),
            effect=maybe(*_EFFECTS),
        ),
        fields(
            key=maybe("", None, "gpu"),
            operator=st.just("Exists"),
            value=maybe("", None),
            effect=maybe(*_EFFECTS),
        ),
        fields(
            key=st.just("spot"),
            operator=st.just("Exists"),
            effect=st.just("NoExecute"),
            tolerationSeconds=maybe(None, -1, 0, 300),
        ),
    ),
    max_size=3,
)
SPREADS = st.lists(
    fields(
        maxSkew=st.integers(1, 3),
        topologyKey=st.sampled_from(["zone", "kubernetes.io/hostname"]),
        whenUnsatisfiable=st.just("ScheduleAnyway"),
        labelSelector=maybe({}, None, of=_SELECTORS),
        minDomains=maybe(None),
        nodeAffinityPolicy=maybe(None, "Honor", "Ignore"),
        nodeTaintsPolicy=maybe(None, "Honor", "Ignore"),
        matchLabelKeys=maybe([], None),
    ),
    max_size=2,
    unique_by=lambda one: one["topologyKey"],
)
RESOURCES = fields(
    requests=maybe(
        {},
        of=fields(
            cpu=maybe("100m", "0.1", "1e-1", "100000u", "0", 0, "0.0005"),
            memory=maybe("64Mi", "0.0625Gi", "67108864", 67108864, "64e6", "0", "100k", "0.1Mi"),
        ),
    ),
    limits=maybe(
        {},
        of=fields(
            cpu=maybe("2", 2, "2000m", "2e0", "+2", "2.", "1.5"),
            memory=maybe("512Mi", "0.5Gi", "1e9", "1G", 1073741824, "1.5Gi", "1234567890123"),
            **{"ephemeral-storage": maybe("1Gi", "1e9")},
        ),
    ),
)

ACCOUNTS = st.sampled_from(["default", "reader", "writer.a"])
_SECRETS = st.lists(
    st.sampled_from(["pull", "mirror"]).map(lambda name: {"name": name}), max_size=2, unique_by=lambda one: one["name"]
)

OPEN: Mapping[str, st.SearchStrategy[Any]] = {
    "model": st.sampled_from([{"name": "reviews", "version": "14"}, {"name": "reviews", "alias": "champion"}]),
    "resources": RESOURCES,
    "service.annotations": pairs("A sentence."),
    "podTemplate.nodeSelector": pairs(),
    "podTemplate.tolerations": TOLERATIONS,
    "podTemplate.affinity": AFFINITIES,
    "podTemplate.topologySpreadConstraints": SPREADS,
    "podTemplate.serviceAccountName": ACCOUNTS,
    "podTemplate.imagePullSecrets": _SECRETS,
    "podTemplate.labels": pairs(),
    "podTemplate.annotations": pairs("A sentence."),
}
"""What the CRD leaves to the API of the children, or to a rule about two fields, by its path in the spec."""


def specs() -> Specs:
    """Specs that the CRD and the API of its children accept."""
    return of_schema(schema()).map(_keep_rules)


def _keep_rules(spec: Json) -> Json:
    """The spec with the schema's rules about two fields kept."""
    if scaling := spec.get("autoscaling"):
        least = scaling.get("minReplicas", 2)
        spec = {**spec, "autoscaling": {**scaling, "maxReplicas": max(least, scaling["maxReplicas"])}}
    verification = spec.get("rollout", {}).get("verification", {})
    if ("minAccuracy" in verification) != ("qualitySet" in verification):
        kept = {name: value for name, value in verification.items() if name not in ("minAccuracy", "qualitySet")}
        spec = {**spec, "rollout": {**spec["rollout"], "verification": kept}}
    return spec


def of_schema(node: Json, path: str = "") -> st.SearchStrategy[Any]:
    """Values that a schema node of the CRD accepts.

    Raises:
        KeyError: the schema leaves the type open and `OPEN` has no strategy for this path.
    """
    if path in OPEN:
        return OPEN[path]
    if "enum" in node:
        return st.sampled_from(node["enum"])
    match node["type"]:
        case "object":
            required = node.get("required", ())
            of = {name: of_schema(one, f"{path}.{name}".lstrip(".")) for name, one in node["properties"].items()}
            return fields(**{name: one if name in required else maybe(of=one) for name, one in of.items()})
        case "integer":
            lowest, highest = node["minimum"], node["maximum"]
            return st.one_of(st.integers(lowest, highest), st.integers(lowest, min(highest, lowest + 3)))
        case "boolean":
            return st.booleans()
        case "string" if "pattern" in node:
            pattern = node["pattern"].removesuffix("$") + r"\Z"
            length = node["maxLength"]
            return st.from_regex(pattern, alphabet=st.sampled_from(string.printable[:94])).filter(
                lambda text: len(text) <= length
            )
        case "string":
            return st.text(max_size=min(8, node["maxLength"]))
    raise KeyError(path)
