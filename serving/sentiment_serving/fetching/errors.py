"""Why a store did not hand out a file, whichever kind of store it is."""


class StoreError(Exception):
    """The store did not hand out a file. The message is a phrase free of addresses and secrets."""


class Missing(StoreError):
    """The store says that it does not have the file."""


class Unauthorized(StoreError):
    """The store refuses, or there are no credentials to ask it with."""


class Unreachable(StoreError):
    """The store did not answer, broke off, or failed itself."""


class Misconfigured(StoreError):
    """The environment lacks something that this kind of store needs."""


class UnsafeRedirect(StoreError):
    """The store leads to an address that must not be followed."""
