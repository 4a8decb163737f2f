"""What can go wrong at the edges, by meaning. Adapters raise these; nothing else knows their clients' exceptions."""


class OperatorError(Exception):
    """Base of all errors of the operator's own."""


class ClusterError(OperatorError):
    """The API server could not be asked, or failed: try again later."""


class Conflict(ClusterError):
    """The object changed since it was read: read it again and decide anew."""


class NamespaceTerminating(ClusterError):
    """Nothing can be made any more in a namespace that is being removed, and nothing needs to be."""


class Refused(ClusterError):
    """The API server understood and refused an object; trying the same again helps only when something else changes.

    `invalid` tells the spec's own faults (HTTP 400, 422) from those of the surroundings (403: quota, policy, webhook).
    """

    def __init__(self, message: str, *, invalid: bool) -> None:
        super().__init__(message)
        self.invalid = invalid


class RegistryError(OperatorError):
    """The registry did not give a usable version. `reason` is that of the condition ModelResolved.

    `unknown` is true where nothing was learned about the version (an outage is no verdict on it).
    """

    reason = ""
    unknown = False


class ModelNotFound(RegistryError):
    reason = "ModelNotFound"


class VersionNotFound(RegistryError):
    reason = "VersionNotFound"


class AliasNotFound(RegistryError):
    reason = "AliasNotFound"


class RegistrationFailed(RegistryError):
    reason = "RegistrationFailed"


class Unauthorized(RegistryError):
    reason = "Unauthorized"


class DigestMissing(RegistryError):
    reason = "DigestMissing"


class UnsafeSource(RegistryError):
    reason = "UnsafeSource"


class PendingRegistration(RegistryError):
    reason = "PendingRegistration"
    unknown = True


class RegistryUnreachable(RegistryError):
    reason = "RegistryUnreachable"
    unknown = True
