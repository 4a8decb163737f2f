"""Kubernetes quantities as numbers: "500m" is 0.5, "1Gi" is 1073741824. Equal quantities can be written differently."""

from decimal import Decimal, InvalidOperation

_SUFFIXES = {
    **{suffix: Decimal(1024) ** power for power, suffix in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"), start=1)},
    **{suffix: Decimal(1000) ** power for power, suffix in enumerate(("k", "M", "G", "T", "P", "E"), start=1)},
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
}


def quantity(text: str | int | float) -> Decimal:
    """The value of a quantity.

    Raises:
        ValueError: the text is not a quantity.
    """
    text = str(text).strip()
    for length in (2, 1):
        factor = _SUFFIXES.get(text[-length:])
        if factor is not None and len(text) > length:
            text, scale = text[:-length], factor
            break
    else:
        scale = Decimal(1)
    try:
        return Decimal(text) * scale
    except InvalidOperation:
        raise ValueError(f"expected a quantity such as 500m or 1Gi, found {text!r}") from None
