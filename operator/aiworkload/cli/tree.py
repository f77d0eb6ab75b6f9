# SPDX-License-Identifier: Apache-2.0
"""Walks JSON of the API: what is absent or null reads as empty."""

from collections.abc import Mapping
from typing import Any

Tree = Mapping[str, Any]


def part(tree: Tree, *keys: str) -> Tree:
    """The mapping below these keys; empty where one is missing."""
    for key in keys:
        found: Tree | None = tree.get(key)
        tree = found or {}
    return tree


def parts(tree: Tree, key: str) -> list[Tree]:
    """The list of mappings at a key; empty where it is missing."""
    found: list[Tree] | None = tree.get(key)
    return found or []
