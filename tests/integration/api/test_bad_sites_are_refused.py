# SPDX-License-Identifier: Apache-2.0
"""The API server refuses a Site that cannot be meant, with a sentence that says what to do."""

from typing import Any

import pytest

from tests.integration.api.conftest import Refusal
from tests.integration.api.manifests import a_site

pytestmark = pytest.mark.integration

LINK = {"site": "cloud-1", "rttMilliseconds": 20}

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no tier": ({"tier": None}, "spec.tier: Required value"),
    "unknown tier": ({"tier": "Moon"}, 'supported values: "Edge", "Fog", "Cloud"'),
    "region with a space": ({"region": "far away"}, "write a label value"),
    "selector of nothing": ({"nodeSelector": {}}, "should have at least 1 properties"),
    "selector that no label can match": ({"nodeSelector": {"zone": "a b"}}, "write a label value"),
    "selector by an endless label": ({"nodeSelector": {"z" * 318: "a"}}, "write label keys of at most 317 characters"),
    "negative price": ({"cost": {"perHour": "-1"}}, "write an amount of money as a decimal in quotes"),
    "price in words": ({"cost": {"perHour": "cheap"}}, "write an amount of money as a decimal in quotes"),
    "price with a currency": ({"cost": {"perGibibyteEgress": "0.05 EUR"}}, "write an amount of money"),
    "price as a number": ({"cost": {"perHour": 0.08}}, "must be of type string"),
    "link to itself": ({"links": [LINK | {"site": "plant-7"}]}, "spec.links names the Site itself"),
    "two links to one site": ({"links": [LINK, LINK | {"rttMilliseconds": 30}]}, "Duplicate value"),
    "link faster than light": ({"links": [LINK | {"rttMilliseconds": -1}]}, "should be greater than or equal to 0"),
    "link of an hour": ({"links": [LINK | {"rttMilliseconds": 3_600_000}]}, "should be less than or equal to 60000"),
    "link without bandwidth": ({"links": [LINK | {"bandwidthMegabits": 0}]}, "should be greater than or equal to 1"),
    "link to a name that no Site can have": ({"links": [LINK | {"site": "cloud.1"}]}, "write lower-case letters"),
    "unknown field": ({"teir": "Edge"}, 'unknown field "spec.teir"'),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_site_that_cannot_be_meant_is_refused_with_a_sentence(case: str, refusal: Refusal) -> None:
    spec, sentence = REFUSED[case]
    assert sentence in refusal(a_site(**spec))


@pytest.mark.parametrize("name", ["a" * 64, "a" * 253, "plant.seven"])
def test_a_name_that_cannot_be_a_label_is_refused(name: str, refusal: Refusal) -> None:
    assert "metadata.name becomes a label's value: use at most 63" in refusal(a_site(name))
