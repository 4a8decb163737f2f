"""Errors of artifact stores, the same for every kind of store."""


class StoreError(Exception):
    """The store did not return a file. The message is a phrase without addresses or secrets."""


class Missing(StoreError):
    """The store does not have the file."""


class Unauthorized(StoreError):
    """The store refused the credentials, or there are none for it."""


class Unreachable(StoreError):
    """The store did not answer, dropped the connection, or failed."""


class UntrustedCertificate(Unreachable):
    """The store's TLS certificate is not signed by a CA that is trusted."""


class Misconfigured(StoreError):
    """The environment lacks a setting that this kind of store needs."""


class UnsafeRedirect(StoreError):
    """The store redirects to an address that must not be followed."""
