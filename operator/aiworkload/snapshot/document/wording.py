# SPDX-License-Identifier: Apache-2.0
"""A schema's refusal in words: what is wrong with a field and what would be right.

The sentences of patterns come from the models, where the API server's come from too; a slip of the pen is answered
with the field that was probably meant.
"""

from difflib import get_close_matches
from typing import Final

from pydantic import BaseModel

from aiworkload.api.base import SENTENCE
from aiworkload.snapshot.document.problems import Path
from aiworkload.snapshot.document.schema import Schema, resolved, schema_of

_SHAPES: Final = {
    "tuple_type": "write a list, each entry beginning with '- '",
    "dict_type": "write fields with their values, indented below it",
    "model_type": "write fields with their values, indented below it",
}
"""For who mistakes a list for a mapping; pydantic would speak of Python's types."""


def cure(model: type[BaseModel], path: Path, kind: str, message: str) -> str:
    """What to tell somebody whose field breaks the schema.

    Args:
        model: the model of the whole document.
        path: the field.
        kind: pydantic's name for the error.
        message: pydantic's sentence, which stands where there is no better one.
    """
    if kind == "extra_forbidden":
        return _unknown(path, _at(model, path[:-1]))
    if kind == "missing":
        described = _at(model, path).get("description")
        return f"is required: {_first_sentence(described)}" if described else "is required"
    if kind == "string_pattern_mismatch":
        return _pattern(_at(model, path), message)
    if kind in _SHAPES:
        return _SHAPES[kind]
    return f"{message[:1].lower()}{message[1:]}"


def _unknown(path: Path, parent: Schema) -> str:
    known = sorted(parent.get("properties", {}))
    meant = get_close_matches(str(path[-1]), known, n=1)
    if meant:
        return f"no such field; did you mean {meant[0]}?"
    return f"no such field; there is {', '.join(known)}"


def _pattern(schema: Schema, message: str) -> str:
    if sentence := schema.get(SENTENCE):
        return str(sentence)
    for rule in schema.get("x-kubernetes-validations", ()):
        return str(rule["message"])
    return f"{message[:1].lower()}{message[1:]}"


def _first_sentence(text: str) -> str:
    return text.split("\n", 1)[0].split(". ", 1)[0].rstrip(".")


def _at(model: type[BaseModel], path: Path) -> Schema:
    """The schema of one field; empty where the path leaves what the schema knows."""
    root = schema_of(model)
    node = resolved(root, root)
    for step in path:
        below = node.get("items") if isinstance(step, int) else node.get("properties", {}).get(step)
        node = resolved(root, below or node.get("additionalProperties") or {})
    return node
