# SPDX-License-Identifier: Apache-2.0
"""What the operator and the agent may do on a real API server, and what they may never do."""

import copy
import json
import ssl
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterable
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from aiworkload.api.site import SiteSpec
from aiworkload.api.workload import AIWorkloadSpec, Tier
from aiworkload.rollout.manifests import deployment, service
from aiworkload.snapshot.workload import Assignment, Workload, WorkloadKey
from localcluster import ControlPlane
from tests.integration.chart.conftest import NAMESPACE

pytestmark = pytest.mark.integration

Manifest = dict[str, Any]
OPERATOR, AGENT = "aiworkload-operator", "aiworkload-agent"
ELSEWHERE, CLUSTER = "default", ""

OPERATOR_MAY = [
    *((verb, "aiworkloads.aiworkload.dev", ELSEWHERE) for verb in ("get", "list", "watch")),
    ("patch", "aiworkloads.aiworkload.dev/status", ELSEWHERE),
    *((verb, "sites.aiworkload.dev", CLUSTER) for verb in ("get", "list", "watch", "create")),
    ("patch", "sites.aiworkload.dev/status", CLUSTER),
    *((verb, "nodereports.aiworkload.dev", CLUSTER) for verb in ("get", "list", "watch", "create", "patch", "delete")),
    *((verb, "nodes", CLUSTER) for verb in ("get", "list", "watch")),
    *((verb, "pods", ELSEWHERE) for verb in ("get", "list", "watch")),
    *((verb, "nodes.metrics.k8s.io", CLUSTER) for verb in ("get", "list")),
    *((verb, "priorityclasses.scheduling.k8s.io", CLUSTER) for verb in ("get", "list", "watch")),
    *((verb, "deployments.apps", ELSEWHERE) for verb in ("get", "list", "watch", "create", "patch", "delete")),
    *((verb, "services", ELSEWHERE) for verb in ("get", "list", "watch", "create", "patch", "delete")),
    *((verb, "events", ELSEWHERE) for verb in ("create", "patch")),
    *((verb, "leases.coordination.k8s.io", NAMESPACE) for verb in ("get", "create", "update")),
    *((verb, "leases.coordination.k8s.io", "kube-node-lease") for verb in ("get", "list")),
]
NOBODY_MAY = [
    *((verb, "secrets", ELSEWHERE) for verb in ("get", "list", "create")),
    ("create", "pods", ELSEWHERE),
    ("create", "pods/exec", ELSEWHERE),
    ("create", "daemonsets.apps", ELSEWHERE),
    *((verb, "nodes", CLUSTER) for verb in ("create", "update", "patch", "delete")),
    ("get", "nodes/proxy", CLUSTER),
    *((verb, "namespaces", CLUSTER) for verb in ("create", "update", "patch", "delete")),
    ("create", "serviceaccounts/token", NAMESPACE),
    *((verb, "clusterroles.rbac.authorization.k8s.io", CLUSTER) for verb in ("create", "bind", "escalate")),
    *((verb, "priorityclasses.scheduling.k8s.io", CLUSTER) for verb in ("create", "patch", "delete")),
    ("impersonate", "users", CLUSTER),
    ("create", "validatingwebhookconfigurations.admissionregistration.k8s.io", CLUSTER),
    ("delete", "validatingadmissionpolicies.admissionregistration.k8s.io", CLUSTER),
    ("delete", "aiworkloads.aiworkload.dev", ELSEWHERE),
    ("create", "aiworkloads.aiworkload.dev", ELSEWHERE),
    ("patch", "sites.aiworkload.dev", CLUSTER),
    ("patch", "nodereports.aiworkload.dev/status", CLUSTER),
    ("update", "leases.coordination.k8s.io", "kube-system"),
    *((verb, "leases.coordination.k8s.io", "kube-node-lease") for verb in ("watch", "create", "update", "patch")),
]
AGENT_MAY = [("patch", "nodereports.aiworkload.dev/status", CLUSTER)]


def kubectl(cluster: ControlPlane, kubeconfig: Path, *arguments: str, stdin: str = "") -> tuple[int, str]:
    """Run kubectl as somebody; the exit code and all that it printed."""
    command = [cluster.kubectl, f"--kubeconfig={kubeconfig}", *arguments]
    answer = subprocess.run(command, input=stdin, capture_output=True, encoding="utf-8", check=False)
    return answer.returncode, answer.stdout + answer.stderr


Right = tuple[str, str, str]
"""A verb, a resource as in `deployments.apps/status`, and a namespace, empty for the whole cluster."""


def allowed(cluster: ControlPlane, account: str, rights: Iterable[Right]) -> set[Right]:
    """Those of the rights that a service account has, by the API server's own word."""
    asked = list(rights)
    reviews = {"apiVersion": "v1", "kind": "List", "items": [_review(account, *right) for right in asked]}
    printed = ("create", "-f", "-", "-o", r'jsonpath={.status.allowed}{"\n"}')
    answers = cluster.run_kubectl(*printed, stdin=json.dumps(reviews)).split()
    assert set(answers) <= {"true", "false"}
    return {right for right, answer in zip(asked, answers, strict=True) if answer == "true"}


def _review(account: str, verb: str, resource: str, namespace: str) -> Manifest:
    named, _, subresource = resource.partition("/")
    plural, _, group = named.partition(".")
    asked = {"verb": verb, "group": group, "resource": plural, "subresource": subresource, "namespace": namespace}
    return {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {"user": f"system:serviceaccount:{NAMESPACE}:{account}", "resourceAttributes": asked},
    }


def test_the_operator_may_do_its_work(standing: ControlPlane) -> None:
    assert set(OPERATOR_MAY) - allowed(standing, OPERATOR, OPERATOR_MAY) == set()


def test_the_operator_may_never_do_more(standing: ControlPlane) -> None:
    assert allowed(standing, OPERATOR, NOBODY_MAY) == set()


def test_the_agent_may_write_the_status_of_reports_and_nothing_else(standing: ControlPlane) -> None:
    assert allowed(standing, AGENT, {*OPERATOR_MAY, *NOBODY_MAY, *AGENT_MAY}) == set(AGENT_MAY)


def a_node_with_report(cluster: ControlPlane, name: str) -> None:
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}}
    report = {"apiVersion": "aiworkload.dev/v1alpha1", "kind": "NodeReport", "metadata": {"name": name}}
    cluster.run_kubectl("apply", "-f", "-", stdin=json.dumps(node))
    cluster.run_kubectl("apply", "-f", "-", stdin=json.dumps(report))


def report_about(cluster: ControlPlane, kubeconfig: Path, node: str) -> tuple[int, str]:
    """Send a report as an agent does, by one server-side apply: kubectl would read first, which an agent may not.

    Returns the HTTP status and the answer.
    """
    report = {
        "apiVersion": "aiworkload.dev/v1alpha1",
        "kind": "NodeReport",
        "metadata": {"name": node},
        "status": {"observedTime": "2026-11-23T12:00:00Z", "endpoint": "10.0.0.7:9777"},
    }
    token = json.loads(kubeconfig.read_text())["users"][0]["user"]["token"]
    request = urllib.request.Request(  # noqa: S310 - the URL is https, and our own API server's
        f"{cluster.url}/apis/aiworkload.dev/v1alpha1/nodereports/{node}/status?fieldManager=aiworkload-agent&force=true",
        data=json.dumps(report).encode(),
        method="PATCH",
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/apply-patch+yaml"},
    )
    trust = ssl.create_default_context(cafile=str(cluster.ca_file))
    try:
        with urllib.request.urlopen(request, context=trust) as answer:  # noqa: S310 - the same
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


def test_an_agent_writes_its_own_nodes_report_and_no_others(standing: ControlPlane) -> None:
    a_node_with_report(standing, "edge-1")
    a_node_with_report(standing, "edge-2")
    agent = standing.kubeconfig_for(NAMESPACE, AGENT, bound_node="edge-1")
    assert report_about(standing, agent, "edge-1")[0] == HTTPStatus.OK
    code, said = report_about(standing, agent, "edge-2")
    assert code == HTTPStatus.FORBIDDEN
    assert "the agent on node edge-1 may write its own NodeReport only, not that of edge-2" in said


def test_an_agent_whose_token_names_no_node_writes_nothing(standing: ControlPlane) -> None:
    a_node_with_report(standing, "edge-1")
    code, said = report_about(standing, standing.kubeconfig_for(NAMESPACE, AGENT), "edge-1")
    assert code == HTTPStatus.FORBIDDEN
    assert "an agent's token must be bound to a node" in said


def a_placement(name: str) -> tuple[Manifest, Manifest]:
    """The Deployment and the Service that the operator writes for a workload."""
    spec = AIWorkloadSpec.model_validate({"model": {"uri": "pvc://models/detector"}})
    workload = Workload(WorkloadKey("default", name), spec, uid="00000000-0000-0000-0000-000000000001")
    assignment = Assignment("plant-7", "default")
    site = SiteSpec(tier=Tier.EDGE, node_selector={"zone": "plant-7"})
    return deployment(workload, assignment, site, None, "triton:test"), service(workload, assignment, None)


def apply_as_operator(cluster: ControlPlane, manifest: Manifest) -> tuple[int, str]:
    operator = cluster.kubeconfig_for(NAMESPACE, OPERATOR)
    arguments = ("apply", "--server-side", "--validate=false", "--dry-run=server", "-f", "-")
    return kubectl(cluster, operator, *arguments, stdin=json.dumps(manifest))


def test_the_operator_may_write_what_it_really_writes(standing: ControlPlane) -> None:
    for manifest in a_placement("detector"):
        code, said = apply_as_operator(standing, manifest)
        assert code == 0, said


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"hostNetwork": True}, "must not share the node's network"),
        ({"volumes": [{"name": "host", "hostPath": {"path": "/"}}]}, "no hostPath, no secret"),
        ({"volumes": [{"name": "keys", "secret": {"secretName": "x"}}]}, "no hostPath, no secret"),
        ({"automountServiceAccountToken": True}, "the operator's pods get no token"),
        ({"serviceAccountName": "admin"}, "the operator's pods get no token"),
        ({"priorityClassName": "system-node-critical"}, "must not push a node's own off it"),
    ],
)
def test_the_operator_may_not_write_a_pod_that_takes_a_node_over(
    standing: ControlPlane, change: Manifest, sentence: str
) -> None:
    manifest = copy.deepcopy(a_placement("detector")[0])
    pod = manifest["spec"]["template"]["spec"]
    pod |= change | {"volumes": [*pod["volumes"], *change.get("volumes", [])]}
    code, said = apply_as_operator(standing, manifest)
    assert code != 0
    assert sentence in said


def test_the_operator_may_not_write_a_privileged_container(standing: ControlPlane) -> None:
    manifest = copy.deepcopy(a_placement("detector")[0])
    manifest["spec"]["template"]["spec"]["containers"][0]["securityContext"] = {"privileged": True}
    code, said = apply_as_operator(standing, manifest)
    assert code != 0
    assert "must not be privileged" in said


def test_the_operator_may_not_touch_what_others_made(standing: ControlPlane) -> None:
    theirs, service_of_theirs = a_placement("theirs")
    for manifest in (theirs, service_of_theirs):
        manifest["metadata"] |= {"labels": {}, "ownerReferences": [], "name": "theirs"}
        standing.run_kubectl("apply", "--server-side", "-f", "-", stdin=json.dumps(manifest))
    operator = standing.kubeconfig_for(NAMESPACE, OPERATOR)
    for kind in ("deployment", "service"):
        code, said = kubectl(standing, operator, "delete", kind, "theirs", "-n", "default")
        assert code != 0
        assert "the operator may change or delete only what carries the label aiworkload.dev/workload" in said
        labelled = json.dumps({"metadata": {"labels": {"aiworkload.dev/workload": "theirs"}}})
        code, said = kubectl(standing, operator, "patch", kind, "theirs", "-n", "default", "-p", labelled)
        assert code != 0, "a label of its own making must not open what others made"
