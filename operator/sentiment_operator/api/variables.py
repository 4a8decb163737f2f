"""Values of a container's variables. In a manifest, `$(NAME)` stands for another variable of the container."""


def escaped(value: str) -> str:
    """`value` as it must be written in a manifest, so that the container gets it unchanged.

    Models' names and addresses of artifacts come from elsewhere. Unescaped, `$(AWS_SECRET_ACCESS_KEY)` in an address
    would send the key of the Secret there.
    """
    return value.replace("$", "$$")


def unescaped(value: str) -> str:
    """What a container gets for `value` in a manifest that this operator wrote, now or before it escaped values."""
    return value.replace("$$", "$")
