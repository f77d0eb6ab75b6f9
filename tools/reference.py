# SPDX-License-Identifier: Apache-2.0
"""docs/reference/: every field of the custom resources, from the very definitions that the API server enforces."""

import json
from collections.abc import Iterator
from typing import Any

from aiworkload.api.crd import CATEGORY, KINDS, Kind, custom_resource_definition
from aiworkload.api.names import API_VERSION
from aiworkload.settings import described_settings

Schema = dict[str, Any]

BOUNDS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} entries",
    "maxItems": "at most {} entries",
    "minProperties": "at least {} keys",
    "maxProperties": "at most {} keys",
    "pattern": "matches `{}`",
}


def reference_files() -> dict[str, str]:
    """All pages by their path in the repository."""
    pages = {f"docs/reference/{kind.name.lower()}.md": page(kind) for kind in KINDS}
    return pages | {"docs/reference/settings.md": settings_page()}


def settings_page() -> str:
    """The operator's environment variables, and how the chart's values name them."""
    lines = [
        "<!-- Generated from operator/aiworkload/settings.py by `make generate`: change it there, not here. -->",
        "# Settings of the operator",
        "",
        "Environment variables of `aiworkload-operator`. In the Helm chart they are `settings.<group>.<name>` in",
        "camelCase: `AIWORKLOAD_LOOP_RESYNC_SECONDS` is `settings.loop.resyncSeconds`. The chart itself fixes the HTTP",
        "address and the namespace.",
        "",
        "| variable | default | meaning |",
        "|---|---|---|",
        *(f"| `{variable}` | `{default}` | {text} |" for variable, default, text in described_settings()),
    ]
    return "\n".join(lines).replace(" `` ", "  ") + "\n"


def page(kind: Kind) -> str:
    """One kind's page."""
    definition = custom_resource_definition(kind)
    root = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    lines = [
        "<!-- Generated from operator/aiworkload/api by `make generate`: change the models, not this file. -->",
        f"# {kind.name}",
        "",
        kind.description,
        "",
        f"`apiVersion: {API_VERSION}`, `kind: {kind.name}`, {'namespaced' if kind.namespaced else 'cluster-scoped'}.",
        f"Names for kubectl: {_names(definition['spec']['names'])}; `kubectl get {CATEGORY}` lists it too.",
        "",
        *(f"- {message}" for message in _sentences(root)),
        *[""] * bool(_sentences(root)),
    ]
    for part in ("spec", "status"):
        lines += [f"## {part}", "", *_table(part, root["properties"][part])]
    return "\n".join(lines).rstrip() + "\n"


def _names(names: Schema) -> str:
    return ", ".join(f"`{name}`" for name in (names["plural"], names["singular"], *names.get("shortNames", ())))


def _table(path: str, schema: Schema) -> list[str]:
    rows = [
        "| field | type | default | bounds and rules | meaning |",
        "|---|---|---|---|---|",
        *(_row(*field) for field in _fields(path, schema, required=False)),
    ]
    return [*rows, ""]


def _fields(path: str, schema: Schema, *, required: bool) -> Iterator[tuple[str, Schema, bool]]:
    """Every field beneath, depth first: its path, its schema and whether it must be given."""
    yield path, schema, required
    for name, child in schema.get("properties", {}).items():
        yield from _fields(f"{path}.{name}", child, required=name in schema.get("required", ()))
    for mark, key in (("[]", "items"), (".*", "additionalProperties")):
        child = schema.get(key)
        if child and ("properties" in child or "x-kubernetes-validations" in child or "enum" in child):
            yield from _fields(path + mark, child, required=False)


def _row(path: str, schema: Schema, required: bool) -> str:  # noqa: FBT001 - unpacked from the walk over the fields
    default = f"`{json.dumps(schema['default'], ensure_ascii=False)}`" if "default" in schema else ""
    cells = (
        f"`{path}`",
        _type(schema),
        "required" if required else default,
        "; ".join((*_bounds(schema), *_sentences(schema))),
        schema.get("description", "").replace("\n", " "),
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _type(schema: Schema) -> str:
    if "x-kubernetes-int-or-string" in schema:
        return "quantity"
    if "items" in schema:
        return f"list of {_type(schema['items'])}"
    if "additionalProperties" in schema:
        return f"map of {_type(schema['additionalProperties'])}"
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    return schema.get("format") or str(schema["type"])


def _bounds(schema: Schema) -> Iterator[str]:
    for key, wording in BOUNDS.items():
        if key in schema:
            yield wording.format(schema[key])
    if schema.get("x-kubernetes-list-type") == "map":
        yield f"one entry for each {' and '.join(f'`{key}`' for key in schema['x-kubernetes-list-map-keys'])}"
    if schema.get("x-kubernetes-list-type") == "set":
        yield "no entry twice"


def _sentences(schema: Schema) -> tuple[str, ...]:
    return tuple(rule["message"] for rule in schema.get("x-kubernetes-validations", ()))
