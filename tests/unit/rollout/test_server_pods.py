# SPDX-License-Identifier: Apache-2.0
"""What a server pod is: restricted, without a token, and as patient with a cut as `offline` says."""

import pytest

from aiworkload.api.quantity import resources
from aiworkload.api.workload import AIWorkloadSpec
from aiworkload.rollout.manifests import MAX_NAME, deployment_name
from aiworkload.rollout.server import pod_spec, tolerations
from aiworkload.snapshot.workload import Assignment


def a_spec(**fields: object) -> AIWorkloadSpec:
    return AIWorkloadSpec.model_validate({"model": {"uri": "s3://models/m"}, **fields})


def a_pod(**fields: object) -> dict[str, object]:
    spec = a_spec(**fields)
    return pod_spec(spec, spec.variants[0], "m", "triton:default")


def test_pod_meets_the_restricted_standard() -> None:
    pod = a_pod()
    (container,) = pod["containers"]

    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_readiness_is_the_servers_own() -> None:
    (container,) = a_pod()["containers"]

    assert container["readinessProbe"]["httpGet"]["path"] == "/v2/health/ready"
    assert "--model-control-mode=explicit" in container["args"]


@pytest.mark.parametrize(
    ("offline", "seconds"),
    [
        ({}, 600),
        ({"mode": "Required", "autonomySeconds": 7200}, 7200),
        ({"mode": "Required"}, None),
    ],
)
def test_tolerations_follow_from_offline(offline: dict[str, object], seconds: int | None) -> None:
    spec = a_spec(requirements={"offline": offline})

    assert [t.get("tolerationSeconds") for t in tolerations(spec)] == [seconds, seconds]
    assert {t["key"] for t in tolerations(spec)} == {
        "node.kubernetes.io/not-ready",
        "node.kubernetes.io/unreachable",
    }


def test_accelerators_are_requests_and_limits() -> None:
    model = {"variants": [{"name": "gpu", "uri": "s3://m/m", "accelerator": "nvidia.com/gpu", "acceleratorCount": 2}]}
    (container,) = a_pod(model=model)["containers"]

    assert container["resources"] == {"requests": {"nvidia.com/gpu": "2"}, "limits": {"nvidia.com/gpu": "2"}}


def test_what_the_owner_leaves_out_is_requested_as_the_family_needs_it() -> None:
    variant = {"name": "cpu", "uri": "s3://m/m", "sizeMebibytes": 98, "resources": {"requests": {"cpu": "3"}}}
    (container,) = a_pod(model={"family": "CNN", "variants": [variant]})["containers"]

    assert container["resources"] == {"requests": {"cpu": "3", "memory": "403Mi"}}


def test_a_limit_of_the_owners_is_not_undercut_by_a_default_request() -> None:
    variant = {"name": "cpu", "uri": "s3://m/m", "resources": {"limits": {"memory": "1Gi", "cpu": "2"}}}
    (container,) = a_pod(model={"family": "CNN", "variants": [variant]})["containers"]

    assert container["resources"] == {"limits": {"memory": "1Gi", "cpu": "2"}}


@pytest.mark.parametrize("family", ["FeatureBased", "CNN", "RNN", "Transformer", "Other"])
@pytest.mark.parametrize("own", [{}, {"requests": {"cpu": "3"}}, {"limits": {"memory": "1Gi"}}])
@pytest.mark.parametrize("device", [{}, {"accelerator": "nvidia.com/gpu", "acceleratorCount": 2}])
def test_the_pod_requests_exactly_what_the_decision_counts(
    family: str, own: dict[str, dict[str, str]], device: dict[str, object]
) -> None:
    variant = {"name": "v", "uri": "s3://m/m", "resources": own, **device}
    spec = a_spec(model={"family": family, "variants": [variant]})
    (container,) = pod_spec(spec, spec.variants[0], "m", "triton:default")["containers"]
    wanted = container["resources"]

    assert resources({**wanted.get("limits", {}), **wanted.get("requests", {})}) == spec.requests_of(spec.variants[0])


def test_a_priority_class_is_the_pods_and_none_is_left_out() -> None:
    assert a_pod(priorityClassName="line-critical")["priorityClassName"] == "line-critical"
    assert "priorityClassName" not in a_pod()


def test_a_model_on_a_claim_is_mounted_and_loaded() -> None:
    pod = a_pod(model={"uri": "pvc://models/vision/repository"})
    (container,) = pod["containers"]

    assert "--load-model=m" in container["args"]
    assert {"name": "models", "persistentVolumeClaim": {"claimName": "models", "readOnly": True}} in pod["volumes"]
    assert container["volumeMounts"][1]["subPath"] == "vision/repository"


def test_long_names_stay_within_a_pods_name_and_apart() -> None:
    long = "w" * 63
    one = deployment_name(long, Assignment("plant-7", "default"))
    other = deployment_name(long, Assignment("plant-8", "default"))

    assert len(one) <= MAX_NAME
    assert one != other
