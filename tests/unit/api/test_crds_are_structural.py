# SPDX-License-Identifier: Apache-2.0
"""The rendered CRDs keep to Kubernetes' dialect and to our own rules for an API."""

from collections.abc import Iterator
from typing import Any

import pytest

from aiworkload.api.crd import KINDS, Kind, custom_resource_definition

Schema = dict[str, Any]

BY_KIND = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


def root(kind: Kind) -> Schema:
    schema: Schema = custom_resource_definition(kind)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return schema


def walk(path: str, schema: Schema) -> Iterator[tuple[str, Schema]]:
    """Every schema beneath, with its path."""
    yield path, schema
    for name, child in schema.get("properties", {}).items():
        yield from walk(f"{path}.{name}", child)
    for key in ("items", "additionalProperties"):
        if key in schema:
            yield from walk(f"{path}[]", schema[key])


def fields(kind: Kind) -> list[tuple[str, Schema]]:
    found = [it for part in ("spec", "status") for it in walk(part, root(kind)["properties"][part])]
    assert len(found) > 10
    return found


@BY_KIND
def test_nothing_is_left_that_kubernetes_does_not_take(kind: Kind) -> None:
    foreign = {"$ref", "$defs", "anyOf", "allOf", "title", "const", "propertyNames", "x-sentence"}
    assert [path for path, schema in fields(kind) if foreign & schema.keys()] == []


@BY_KIND
def test_every_schema_has_one_type(kind: Kind) -> None:
    for path, schema in fields(kind):
        assert ("type" in schema) != ("x-kubernetes-int-or-string" in schema), path


@BY_KIND
def test_every_list_map_and_text_is_bounded(kind: Kind) -> None:
    bounds = {"array": "maxItems", "string": "maxLength"}
    for path, schema in fields(kind):
        if "additionalProperties" in schema:
            assert "maxProperties" in schema, path
        if "enum" not in schema and schema.get("type") in bounds:
            assert bounds[schema["type"]] in schema, path


@BY_KIND
def test_every_whole_number_has_a_floor(kind: Kind) -> None:
    assert [path for path, schema in fields(kind) if schema.get("type") == "integer" and "minimum" not in schema] == []


@BY_KIND
def test_no_number_is_a_float(kind: Kind) -> None:
    assert [path for path, schema in fields(kind) if schema.get("type") == "number"] == []


@BY_KIND
def test_every_rule_has_a_sentence(kind: Kind) -> None:
    for path, schema in [("", root(kind)), *fields(kind)]:
        for rule in schema.get("x-kubernetes-validations", []):
            assert len(rule["message"].split()) > 3, f"{path}: {rule}"


@BY_KIND
def test_people_get_sentences_where_programs_get_patterns(kind: Kind) -> None:
    assert [path for path, schema in fields(kind) if path.startswith("spec") and "pattern" in schema] == []


@BY_KIND
def test_a_list_of_named_objects_is_a_map(kind: Kind) -> None:
    for path, schema in fields(kind):
        items = schema.get("items", {}).get("properties", {})
        if {"name", "site", "type"} & set(items.keys()) and path.startswith("spec"):
            assert schema["x-kubernetes-list-type"] == "map", path


@BY_KIND
def test_the_status_is_a_door_of_its_own(kind: Kind) -> None:
    assert custom_resource_definition(kind)["spec"]["versions"][0]["subresources"]["status"] == {}


def test_an_aiworkload_can_be_scaled_and_selected() -> None:
    version = custom_resource_definition(KINDS[0])["spec"]["versions"][0]
    assert version["subresources"]["scale"] == {
        "specReplicasPath": ".spec.scaling.minReplicas",
        "statusReplicasPath": ".status.replicas",
        "labelSelectorPath": ".status.selector",
    }
