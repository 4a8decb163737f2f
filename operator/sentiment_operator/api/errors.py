"""Errors of the cluster and the registry, named by meaning. Adapters raise them for their clients' exceptions."""

from sentiment_operator.api.text import one_line

MAX_CHARS = 2000


class OperatorError(Exception):
    """Base of the operator's own errors. The message is one safe line: servers choose parts of it."""

    def __init__(self, message: str = "") -> None:
        super().__init__(one_line(message, MAX_CHARS))


class ClusterError(OperatorError):
    """The API server could not be reached, or failed: try again later."""


class Conflict(ClusterError):
    """The object has changed since it was read: read it and decide again."""


class NamespaceTerminating(ClusterError):
    """The namespace is being deleted: nothing can be created in it, and nothing needs to be."""


class Refused(ClusterError):
    """The API server refused an object; it will refuse it again until something else changes.

    Attributes:
        invalid: True if the spec is wrong (HTTP 400, 422), False if the cluster forbids it (403: quota, policy,
            webhook).
    """

    def __init__(self, message: str, *, invalid: bool) -> None:
        super().__init__(message)
        self.invalid = invalid


class RegistryError(OperatorError):
    """The registry did not return a usable version.

    Attributes:
        reason: that of the condition ModelResolved.
        unknown: True if nothing was learned about the version, as in an outage.
        outage: True if the registry itself may be down. An answer about one reference never is an outage.
    """

    reason = ""
    unknown = False
    outage = False


class ModelNotFound(RegistryError):
    reason = "ModelNotFound"


class VersionNotFound(RegistryError):
    reason = "VersionNotFound"


class AliasNotFound(RegistryError):
    reason = "AliasNotFound"


class InvalidReference(RegistryError):
    """The registry refuses the name, the version or the alias itself: asking again cannot help."""

    reason = "InvalidReference"


class RegistrationFailed(RegistryError):
    reason = "RegistrationFailed"


class Unauthorized(RegistryError):
    reason = "Unauthorized"


class ModelNotAllowed(Unauthorized):
    """The operator's settings do not let this namespace use the model: the registry is not asked."""


class DigestMissing(RegistryError):
    reason = "DigestMissing"


class SignatureInvalid(RegistryError):
    reason = "SignatureInvalid"


class UnsafeSource(RegistryError):
    reason = "UnsafeSource"


class ArtifactMissing(RegistryError):
    """The version names a logged model that does not exist."""

    reason = "ArtifactMissing"


class PendingRegistration(RegistryError):
    reason = "PendingRegistration"
    unknown = True


class UnexpectedAnswer(RegistryError):
    """The registry's client cannot read the answer about this reference."""

    reason = "UnexpectedAnswer"
    unknown = True


class RegistryUnreachable(RegistryError):
    """The request failed on its way (no connection, time out), or the server did (5xx, 429)."""

    reason = "RegistryUnreachable"
    unknown = True
    outage = True


class ForeignAnswer(RegistryUnreachable):
    """The answer is not MLflow's, for example a proxy's page. One reference can be the cause: it is no outage."""

    outage = False
