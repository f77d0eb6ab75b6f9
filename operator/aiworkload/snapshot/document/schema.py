# SPDX-License-Identifier: Apache-2.0
"""Walks the JSON schema of a model: it carries the sentences and rules that the API server would know."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from pydantic import BaseModel

Schema = Mapping[str, Any]


def resolved(root: Schema, node: Schema) -> Schema:
    """The schema behind `X | None` and behind a reference; what stands beside them wins."""
    found: dict[str, Any] = {}
    for choice in node.get("anyOf", ()):
        found |= resolved(root, choice)
    if "$ref" in node:
        found |= resolved(root, root["$defs"][node["$ref"].rpartition("/")[2]])
    return {**found, **{key: value for key, value in node.items() if key not in {"anyOf", "$ref"}}}


@lru_cache(maxsize=16)
def schema_of(model: type[BaseModel]) -> Schema:
    """A model's JSON schema, by the names of the document."""
    return model.model_json_schema(by_alias=True)
