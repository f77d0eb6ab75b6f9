# SPDX-License-Identifier: Apache-2.0
"""Turns a model's JSON schema into the structural schema that a CustomResourceDefinition asks for.

Kubernetes takes a narrow dialect: no `$ref`, no `null`, no `anyOf` that changes the type, nothing beside what it
knows. Defaults are written so that the API server fills in every level, and an object read back is complete.
"""

from typing import Any, Final, cast

from aiworkload.api.base import SENTENCE, Model

KEPT: Final = (
    "type",
    "format",
    "enum",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
)
"""What passes through as it is, in the order in which it is written."""

Schema = dict[str, Any]


def structural(model: type[Model], *, sentences: bool) -> Schema:
    """The structural schema of a model.

    Args:
        model: the model of a `spec` or a `status`.
        sentences: whether a pattern that has a sentence becomes a CEL rule that prints it. People write a spec and
            read sentences; only programs write a status, and a pattern costs the API server less at each write.
    """
    source = model.model_json_schema(by_alias=True)
    return _Renderer(source.get("$defs", {}), sentences=sentences).render(source)


class _Renderer:
    """Renders one model: the definitions that its references name, and whether patterns speak."""

    def __init__(self, definitions: Schema, *, sentences: bool) -> None:
        self.definitions = definitions
        self.sentences = sentences

    def render(self, source: Schema) -> Schema:
        """One schema and all beneath it."""
        node = self._resolved(source)
        result: Schema = {}
        if "description" in node:
            result["description"] = _one_paragraph(node["description"])
        result |= {key: node[key] for key in KEPT if key in node}
        result |= self._beneath(node)
        result |= {key: value for key, value in node.items() if key.startswith("x-kubernetes-")}
        if node.get("default") is not None:
            result["default"] = _default(node["default"], result)
        if "x-kubernetes-int-or-string" in result:
            # Kubernetes refuses a type beside this mark; integers are then bounded by `minimum`, texts by `maxLength`.
            del result["type"]
        return self._speaking(result, node.get(SENTENCE))

    def _resolved(self, source: Schema) -> Schema:
        """The schema behind `X | None` and behind a reference; what stands beside them wins."""
        node = {key: value for key, value in source.items() if key not in {"anyOf", "$ref"}}
        for choice in source.get("anyOf", []):
            if choice != {"type": "null"}:
                node = self._resolved(choice) | node
        if "$ref" in source:
            node = self._resolved(self.definitions[source["$ref"].rpartition("/")[2]]) | node
        return node

    def _beneath(self, node: Schema) -> Schema:
        result: Schema = {}
        if "required" in node:
            result["required"] = node["required"]
        if "properties" in node:
            result["properties"] = {name: self.render(child) for name, child in node["properties"].items()}
        if isinstance(node.get("additionalProperties"), dict):
            result["additionalProperties"] = self.render(node["additionalProperties"])
        if "items" in node:
            result["items"] = self.render(node["items"])
        return result

    def _speaking(self, result: Schema, sentence: str | None) -> Schema:
        if sentence is None or not self.sentences or "pattern" not in result:
            return result
        rule = {"rule": f"self.matches(r'{result.pop('pattern')}')", "message": sentence}
        return result | {"x-kubernetes-validations": [*result.get("x-kubernetes-validations", []), rule]}


def _one_paragraph(text: str) -> str:
    paragraphs = (" ".join(paragraph.split()) for paragraph in text.split("\n\n"))
    return "\n".join(paragraphs)


def _default(value: object, schema: Schema) -> object:
    """A default as Kubernetes wants it.

    `{}` where the defaults beneath already say the rest. Not so under a CEL rule: the API server tries the rule on
    the default before it has filled in what is beneath.
    """
    if "properties" not in schema:
        return value
    complete = _complete(cast("Schema", value), schema)
    spoken_for = complete == _complete({}, schema) and "x-kubernetes-validations" not in schema
    return {} if spoken_for else complete


def _complete(value: Schema, schema: Schema) -> Schema:
    """An object's value with the defaults beneath it filled in and what is unset left out."""
    filled: Schema = {}
    for name, child in schema["properties"].items():
        given = value.get(name, child.get("default"))
        if given is not None:
            filled[name] = _complete(given, child) if "properties" in child else given
    return filled
