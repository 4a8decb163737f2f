"""Which resource asks the registry about which reference. Several may ask about the same one."""

from collections.abc import Callable

from sentiment_operator.api.names import Key
from sentiment_operator.api.resource import Reference


class References:
    """Calls `forget` for each reference that no resource asks about any more."""

    def __init__(self, forget: Callable[[Reference], None]) -> None:
        self._forget = forget
        self._of: dict[Key, Reference] = {}

    def use(self, key: Key, reference: Reference) -> None:
        """From now on `key` asks about `reference`, and no longer about another one."""
        if self._of.get(key) != reference:
            self.drop(key)
        self._of[key] = reference

    def drop(self, key: Key) -> None:
        """`key` is gone."""
        reference = self._of.pop(key, None)
        if reference is not None and reference not in self._of.values():
            self._forget(reference)
