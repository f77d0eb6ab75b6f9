# SPDX-License-Identifier: Apache-2.0
"""Only what differs from what we want, or is left of what we once wanted, is drift."""

from typing import Any

from aiworkload.api import names
from aiworkload.kube.drift import drift


def container(**more: object) -> dict[str, Any]:
    return {"name": "server", "image": "triton:1", **more}


def deployment(*containers: dict[str, Any], **spec: object) -> dict[str, Any]:
    pod = {"containers": list(containers)}
    return {"kind": "Deployment", "metadata": {"name": "a"}, "spec": {"template": {"spec": pod}, **spec}}


def owned(live: dict[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
    entry = {"manager": names.FIELD_MANAGER, "operation": "Apply", "fieldsV1": fields}
    return {**live, "metadata": {**live["metadata"], "managedFields": [entry]}}


def test_defaults_and_others_additions_are_no_drift() -> None:
    live = deployment(container(imagePullPolicy="Always"), {"name": "injected", "image": "mesh"}, replicas=3)
    assert drift(deployment(container()), live) == []


def test_a_changed_value_is_named_by_its_path() -> None:
    assert drift(deployment(container(image="triton:2")), deployment(container())) == [
        "spec.template.spec.containers.name=server.image"
    ]


def test_quantities_are_compared_by_value() -> None:
    want = container(resources={"requests": {"cpu": "1", "memory": "1024Mi"}})
    have = container(resources={"requests": {"cpu": "1000m", "memory": "1Gi"}})
    assert drift(deployment(want), deployment(have)) == []
    more = container(resources={"requests": {"cpu": "1500m", "memory": "1Gi"}})
    assert drift(deployment(want), deployment(more)) != []


def test_a_selector_with_one_label_more_selects_something_else() -> None:
    want = {"kind": "Service", "metadata": {}, "spec": {"selector": {"app": "a"}}}
    have = {"kind": "Service", "metadata": {}, "spec": {"selector": {"app": "a", "site": "x"}}}
    assert drift(want, have) == ["spec.selector"]


def test_an_empty_value_that_the_api_server_left_out_is_no_drift() -> None:
    want = deployment(container(env=[{"name": "A", "value": ""}], args=[]))
    assert drift(want, deployment(container(env=[{"name": "A"}]))) == []


def test_an_ordered_list_of_another_length_is_drift() -> None:
    assert drift(deployment(container(args=["a"])), deployment(container(args=["a", "b"]))) != []


def test_the_leaders_epoch_is_not_compared() -> None:
    want, live = deployment(container()), deployment(container())
    want["metadata"]["annotations"] = {names.EPOCH_ANNOTATION: "2"}
    live["metadata"]["annotations"] = {names.EPOCH_ANNOTATION: "1"}
    assert drift(want, live) == []


def test_what_we_once_wrote_and_no_longer_want_is_drift() -> None:
    live = deployment(container(env=[{"name": "OLD", "value": "1"}]))
    fields = {
        "f:spec": {
            "f:template": {
                "f:spec": {
                    "f:containers": {'k:{"name":"server"}': {"f:env": {'k:{"name":"OLD"}': {".": {}, "f:value": {}}}}}
                }
            }
        }
    }
    found = drift(deployment(container(env=[])), owned(live, fields))
    assert any("OLD" in path for path in found)


def test_an_annotation_that_only_holds_the_epoch_is_not_left_over() -> None:
    fields = {"f:metadata": {"f:annotations": {f"f:{names.EPOCH_ANNOTATION}": {}}}}
    assert drift(deployment(container()), owned(deployment(container()), fields)) == []


def test_a_port_without_protocol_matches_the_one_with_the_default() -> None:
    live = deployment(container(ports=[{"containerPort": 8000, "protocol": "TCP"}]))
    fields = {
        "f:spec": {
            "f:template": {
                "f:spec": {
                    "f:containers": {
                        'k:{"name":"server"}': {
                            "f:ports": {'k:{"containerPort":8000,"protocol":"TCP"}': {".": {}, "f:containerPort": {}}}
                        }
                    }
                }
            }
        }
    }
    assert drift(deployment(container(ports=[{"containerPort": 8000}])), owned(live, fields)) == []
