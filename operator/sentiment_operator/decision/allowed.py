"""What the operator's settings let a SentimentModel ask for. By default everything. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from sentiment_operator.api.resource import SentimentModel, ServiceSpec

ANY_NAMESPACE = "*"
_NAMED_ANNOTATIONS = 5
"""How many annotations a message names."""


@dataclass(frozen=True, kw_only=True)
class Allowed:
    """The operator's settings of the same names. What is empty allows everything."""

    service_types: tuple[str, ...] = ()
    service_annotations: tuple[str, ...] = ()
    """Annotations, or how they begin."""

    models: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By namespace: patterns of names of registered models. `ANY_NAMESPACE` is for those that are not listed."""

    def refused_service(self, spec: ServiceSpec) -> str:
        """Why the Service that the spec asks for is not allowed, as a sentence; empty if it is."""
        if self.service_types and spec.type not in self.service_types:
            return (
                f"The operator's setting ALLOWED_SERVICE_TYPES does not allow spec.service.type {spec.type}, "
                f"only {', '.join(self.service_types)}."
            )
        prefixes = self.service_annotations
        others = sorted(name for name in spec.annotations if prefixes and not name.startswith(prefixes))
        if not others:
            return ""
        more = f" and {len(others) - _NAMED_ANNOTATIONS} more" if len(others) > _NAMED_ANNOTATIONS else ""
        return (
            f"The operator's setting ALLOWED_SERVICE_ANNOTATIONS does not allow "
            f"{', '.join(others[:_NAMED_ANNOTATIONS])}{more} in spec.service.annotations, "
            f"only what begins with {', '.join(prefixes)}."
        )

    def refused_model(self, model: SentimentModel) -> str:
        """Why its namespace may not use the registered model, as a sentence; empty if it may."""
        if not self.models:
            return ""
        patterns = self.models.get(model.namespace, self.models.get(ANY_NAMESPACE, ()))
        name = model.spec.reference.name
        # A bracket is a character of the name, not the beginning of a set of characters.
        if any(fnmatchcase(name, pattern.replace("[", "[[]")) for pattern in patterns):
            return ""
        return (
            f"The operator's setting ALLOWED_MODELS does not let namespace {model.namespace} use model {name}, "
            f"only {', '.join(patterns) or 'none'}."
        )
