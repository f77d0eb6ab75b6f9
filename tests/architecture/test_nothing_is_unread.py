# SPDX-License-Identifier: Apache-2.0
"""The list of names that only others read does not outlive the names."""

import re

from tests.architecture.source import ROOT, tracked

ALLOWED = (ROOT / "tests" / "architecture" / "vulture_allowed.py").read_text(encoding="utf-8")


def test_every_allowed_name_still_exists() -> None:
    product = "\n".join(path.read_text(encoding="utf-8") for path in tracked("operator/aiworkload/*.py"))
    allowed = re.findall(r"thing\.(\w+)", ALLOWED)
    assert allowed
    assert [name for name in allowed if not re.search(rf"\b{name}\b", product)] == []


def test_the_list_gives_a_reason_for_each_group() -> None:
    groups = re.split(r"\n    # ", ALLOWED.split("READ_BY_OTHERS = (")[1])
    assert groups[0].strip() == ""
    assert all(re.match(r"[^\n]+: [^\n]+\.\n", group) for group in groups[1:])
