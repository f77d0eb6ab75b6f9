# SPDX-License-Identifier: Apache-2.0
"""docs/reference/*.schema.json: the snapshot file and the answer of `plan -o json`, for editors and for scripts.

Made from the models that read the one and print the other, so they cannot tell anything else.
"""

import json
from typing import Any, cast

from aiworkload.cli.answers import PlanAnswer
from aiworkload.snapshot.document.snapshot import SnapshotDocument

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def file_schema_files() -> dict[str, str]:
    """Both schemas by their path in the repository."""
    snapshot = _as_read(SnapshotDocument.model_json_schema(by_alias=True))
    plan = PlanAnswer.model_json_schema(by_alias=True, mode="serialization")
    return {
        "docs/reference/snapshot.schema.json": _text(snapshot),
        "docs/reference/plan.schema.json": _text(plan),
    }


def _text(schema: Schema) -> str:
    return json.dumps({"$schema": DIALECT, **schema}, indent=2, ensure_ascii=False) + "\n"


def _as_read(node: Schema) -> Schema:
    """As the file is read: unknown fields are refused everywhere, and a quantity may be a bare number."""
    found = {key: _below(value) for key, value in node.items()}
    if isinstance(found.get("properties"), dict) and "additionalProperties" not in found:
        found["additionalProperties"] = False
    if found.get("x-kubernetes-int-or-string"):
        found["type"] = ["string", "number"]
    return found


def _below(value: object) -> object:
    if isinstance(value, dict):
        return _as_read(cast("Schema", value))
    if isinstance(value, list):
        return [_below(one) for one in cast("list[object]", value)]
    return value
