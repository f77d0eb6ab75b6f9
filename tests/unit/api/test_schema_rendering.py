# SPDX-License-Identifier: Apache-2.0
"""How one model becomes a structural schema."""

from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints

from aiworkload.api.base import Model, Quantity, rules, says
from aiworkload.api.crd_schema import structural

Code = Annotated[
    str, StringConstraints(pattern=r"^[a-z]+$", max_length=9), Field(json_schema_extra=says("write small letters"))
]


class Inner(Model):
    """What is inside."""

    size: int = 3
    code: Code | None = None


class Ruled(Model):
    """An object under a rule."""

    model_config = ConfigDict(json_schema_extra=rules(("self.a > 0", "a must be above 0")))

    a: int = 1


class Outer(Model):
    """The first paragraph.

    The second
    in two lines.
    """

    needed: Inner
    inner: Inner = Inner()
    changed: Inner = Inner(size=4)
    ruled: Ruled = Ruled()
    codes: tuple[Code, ...] = ()
    amount: Quantity | None = None


SPEC = structural(Outer, sentences=True)["properties"]
STATUS = structural(Outer, sentences=False)["properties"]


def test_a_default_that_says_nothing_new_is_left_to_the_levels_beneath() -> None:
    assert SPEC["inner"]["default"] == {}
    assert SPEC["inner"]["properties"]["size"]["default"] == 3


def test_a_default_of_its_own_is_written_out() -> None:
    assert SPEC["changed"]["default"] == {"size": 4}


def test_a_default_under_a_rule_is_written_out_since_the_rule_is_tried_on_it() -> None:
    assert SPEC["ruled"]["default"] == {"a": 1}


def test_what_is_needed_has_no_default() -> None:
    assert "default" not in SPEC["needed"]
    assert structural(Outer, sentences=True)["required"] == ["needed"]


def test_what_may_be_absent_is_not_nullable() -> None:
    code = SPEC["inner"]["properties"]["code"]
    assert code["type"] == "string"
    assert not {"default", "anyOf", "nullable"} & code.keys()


def test_a_pattern_with_a_sentence_becomes_a_rule_in_a_spec() -> None:
    rule = {"rule": "self.matches(r'^[a-z]+$')", "message": "write small letters"}
    assert SPEC["codes"]["items"] == {"type": "string", "maxLength": 9, "x-kubernetes-validations": [rule]}


def test_a_pattern_stays_a_pattern_in_a_status() -> None:
    assert STATUS["codes"]["items"] == {"type": "string", "maxLength": 9, "pattern": "^[a-z]+$"}


def test_a_quantity_may_be_a_number_or_a_text() -> None:
    amount = SPEC["amount"]
    assert amount["x-kubernetes-int-or-string"] is True
    assert "type" not in amount
    assert "for example 500m, 2 or 4Gi" in amount["x-kubernetes-validations"][0]["message"]


def test_a_docstring_becomes_the_description_one_line_a_paragraph() -> None:
    assert structural(Outer, sentences=True)["description"] == "The first paragraph.\nThe second in two lines."
