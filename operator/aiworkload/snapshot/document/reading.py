# SPDX-License-Identifier: Apache-2.0
"""Reads a document into a model, and says everything that is wrong with it in words."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar, cast

from pydantic import BaseModel, ValidationError

from aiworkload.api.timestamps import to_epoch
from aiworkload.snapshot.document.problems import BadDocument, Path, Problem
from aiworkload.snapshot.document.rules import broken_rules
from aiworkload.snapshot.document.wording import cure

ModelT = TypeVar("ModelT", bound=BaseModel)


def read(model: type[ModelT], document: object) -> ModelT:
    """The document as this model; unknown fields are refused on every level, and the rules between fields hold.

    Raises:
        BadDocument: with all problems found.
    """
    problems = list(_bad_times((), document))
    try:
        found = model.model_validate(document, extra="forbid")
    except ValidationError as error:
        told = (_problem(model, one["loc"], one["type"], one["msg"], one["input"]) for one in error.errors())
        raise BadDocument([*told, *problems]) from error
    if problems := [*problems, *broken_rules(model, found)]:
        raise BadDocument(problems)
    return found


def _problem(model: type[BaseModel], path: Path, kind: str, message: str, value: object) -> Problem:
    return Problem(path, cure(model, path, kind, message), None if kind == "missing" else value)


def _bad_times(path: Path, value: object) -> Iterator[Problem]:
    """Moments that are none: the models bound them as texts only."""
    if isinstance(value, Mapping):
        for key, child in cast("Mapping[str, object]", value).items():
            yield from _bad_times((*path, key), child)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for index, child in enumerate(cast("Sequence[object]", value)):
            yield from _bad_times((*path, index), child)
    elif isinstance(value, str) and path and str(path[-1]).endswith(("Time", "Timestamp")):
        try:
            to_epoch(value)
        except ValueError:
            yield Problem(path, "write a time as RFC 3339, for example 2026-11-23T18:41:22Z", value)
