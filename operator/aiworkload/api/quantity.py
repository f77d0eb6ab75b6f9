# SPDX-License-Identifier: Apache-2.0
"""Kubernetes quantities as integers.

CPU is counted in millicores, everything else in its own unit (bytes, devices). A request is rounded up, as
kube-scheduler does, so that nothing is promised twice.
"""

from collections.abc import Mapping
from decimal import ROUND_CEILING, Decimal, InvalidOperation
from typing import Final

_BINARY: Final = {suffix: Decimal(1024) ** (n + 1) for n, suffix in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"))}
_DECIMAL: Final = {
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    "": Decimal(1),
    "k": Decimal(10) ** 3,
    "M": Decimal(10) ** 6,
    "G": Decimal(10) ** 9,
    "T": Decimal(10) ** 12,
    "P": Decimal(10) ** 15,
    "E": Decimal(10) ** 18,
}


def parse_quantity(text: str) -> Decimal:
    """The value of a Kubernetes quantity in its base unit.

    Raises:
        ValueError: the text is no quantity; the sentence shows one that is.
    """
    number, scale = text, Decimal(1)
    if text[-2:] in _BINARY:
        number, scale = text[:-2], _BINARY[text[-2:]]
    elif text[-1:] in _DECIMAL:
        number, scale = text[:-1], _DECIMAL[text[-1:]]
    try:
        value = Decimal(number) * scale
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise ValueError(f"'{text}' is not a Kubernetes quantity; write for example 500m, 2 or 4Gi")
    return value


def to_units(resource: str, quantity: str) -> int:
    """A quantity of a resource as an integer: millicores for `cpu`, whole units for all others."""
    value = parse_quantity(quantity)
    scaled = value * 1000 if resource == "cpu" else value
    return int(scaled.to_integral_value(rounding=ROUND_CEILING))


def to_quantity(resource: str, units: int) -> str:
    """An integer of `to_units` as a Kubernetes quantity, in its shortest usual form: `1500m`, `2`, `512Mi`."""
    if resource == "cpu":
        return f"{units}m" if units % 1000 else str(units // 1000)
    size, suffix = units, ""
    for larger in _BINARY:
        if size % 1024 or size == 0:
            break
        size, suffix = size // 1024, larger
    return f"{size}{suffix}"


def resources(quantities: Mapping[str, str]) -> dict[str, int]:
    """A whole `requests` or `allocatable` map as integers."""
    return {resource: to_units(resource, quantity) for resource, quantity in quantities.items()}
