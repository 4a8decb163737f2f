"""The version asked for, pinned once it is known: later answers of the registry change only ModelResolved. Pure."""

from msgspec import structs

from sentiment_operator.api.conditions import Finding
from sentiment_operator.api.resource import Answer, ResolvedVersion, SentimentModel, Target, target_of
from sentiment_operator.api.status import Desired, Lineage
from sentiment_operator.observed.observation import Observation


def pinned(model: SentimentModel, observed: Observation, answer: Answer, *, default_image: str) -> Desired:
    """The version asked for, with digest and source if the registry, the status or the Deployment has them."""
    desired = _known(model) or _rebuilt(model, observed)
    if desired and isinstance(answer, ResolvedVersion) and _was_corrected(model, desired, answer):
        desired = None
    if isinstance(answer, ResolvedVersion) and (desired is None or desired.version != answer.version):
        desired = Desired(
            version=answer.version,
            alias=model.spec.reference.alias,
            digest=answer.digest,
            source_uri=answer.source_uri,
            run_id=answer.run_id,
        )
    if desired is None:
        return Desired(version=model.spec.reference.version, alias=model.spec.reference.alias)
    if model.spec.image:
        return structs.replace(desired, image="")
    return structs.replace(desired, image=desired.image or _serving_image(model, desired) or default_image)


def _was_corrected(model: SentimentModel, desired: Desired, answer: ResolvedVersion) -> bool:
    """Whether the registry now has another digest for a version that was rejected: its tag may have been wrong."""
    was_rejected = any((one.version, one.digest) == (desired.version, desired.digest) for one in model.status.rejected)
    return was_rejected and answer.version == desired.version and answer.digest != desired.digest


def _serving_image(model: SentimentModel, desired: Desired) -> str:
    """The image of what serves, if that is what is asked for: asking for it again must not restart it."""
    serving, target = model.status.serving, target_for(model, desired)
    if serving is None or target is None or serving.revision != target.revision(model.name):
        return ""
    return serving.image


def _known(model: SentimentModel) -> Desired | None:
    """The pin in the status, if the spec still asks for it."""
    asked, desired = model.spec.reference, model.status.desired
    if desired is None or not desired.digest or desired.alias != asked.alias:
        return None
    return desired if asked.alias or desired.version == asked.version else None


def _rebuilt(model: SentimentModel, observed: Observation) -> Desired | None:
    """A lost pin, rebuilt from a Deployment that was made for exactly this spec."""
    if observed.deployment is None or observed.deployment.template.version != model.spec.reference.version:
        return None
    live = observed.deployment.template
    target = target_of(
        model.spec, version=live.version, digest=live.digest, source_uri=live.source_uri, image=live.image
    )
    if target.key != live.key:
        return None
    return Desired(version=live.version, digest=live.digest, source_uri=live.source_uri, image=live.image)


def target_for(model: SentimentModel, desired: Desired) -> Target | None:
    """What to deploy; None while the version is not known."""
    if not desired.digest:
        return None
    return target_of(
        model.spec,
        version=desired.version,
        digest=desired.digest,
        source_uri=desired.source_uri,
        image=model.spec.image or desired.image,
    )


def resolved_finding(model: SentimentModel, answer: Answer) -> Finding:
    """The condition ModelResolved: the latest answer of the registry."""
    asked = model.spec.reference
    if isinstance(answer, ResolvedVersion):
        if asked.alias:
            text = f"Alias {asked.alias} of {asked.name} is version {answer.version}."
            return Finding(status="True", reason="AliasFound", message=text)
        text = f"Version {answer.version} of {asked.name} is registered."
        return Finding(status="True", reason="VersionFound", message=text)
    return Finding(status="Unknown" if answer.unknown else "False", reason=answer.reason, message=str(answer))


def lineage_of(model: SentimentModel, desired: Desired, answer: Answer) -> Lineage | None:
    """The lineage of the version asked for, from the latest answer of the registry that is about it."""
    if isinstance(answer, ResolvedVersion) and answer.version == desired.version:
        known = Lineage(git_commit=answer.git_commit, accuracy=answer.accuracy)
        return known if known != Lineage() else None
    before = model.status.desired
    return model.status.lineage if before and before.version == desired.version else None
