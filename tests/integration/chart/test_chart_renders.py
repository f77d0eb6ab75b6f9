# SPDX-License-Identifier: Apache-2.0
"""The chart renders what its values say, and refuses values that nothing reads."""

import base64
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from aiworkload.agent.settings import read_settings
from aiworkload.settings import HttpSettings, described_settings
from tests.integration.chart.conftest import CHART, RELEASE, HelmError, run_helm
from tools.install_manifest import install_manifest

pytestmark = pytest.mark.integration

Manifest = dict[str, Any]


def render(*settings: str) -> list[Manifest]:
    options = [option for setting in settings for option in ("--set", setting)]
    return [it for it in yaml.safe_load_all(run_helm("template", *RELEASE, *options)) if it]


def kinds(*settings: str) -> list[str]:
    return [manifest["kind"] for manifest in render(*settings)]


def pods(*settings: str) -> Iterator[Manifest]:
    for manifest in render(*settings):
        if manifest["kind"] in {"Deployment", "DaemonSet"}:
            yield manifest["spec"]["template"]["spec"]


def environment(*settings: str) -> dict[str, str]:
    operator = next(pods(*settings, "agent.enabled=false"))
    return {entry["name"]: entry.get("value", "") for entry in operator["containers"][0]["env"]}


def test_helm_finds_nothing_to_complain_about() -> None:
    assert "0 chart(s) failed" in run_helm("lint", "--strict", str(CHART))


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("replicas=2", "additional properties 'replicas' not allowed"),
        ("operator.replica=2", "at '/operator': additional properties 'replica' not allowed"),
        ("operator.replicas=0", "at '/operator/replicas': minimum: got 0, want 1"),
        ("image.pullPolicy=Sometimes", "value must be one of 'Always', 'IfNotPresent', 'Never'"),
        ("crds.keep=maybe", "at '/crds/keep': got string, want boolean"),
        ("settings.loop.resync=3", "at '/settings/loop': additional properties 'resync' not allowed"),
        ("settings.policy.headroomPercent=99", "maximum: got 99, want 90"),
        ("serviceMonitor.interval=soon", "at '/serviceMonitor/interval'"),
    ],
)
def test_a_value_that_nothing_reads_is_refused_with_a_sentence(setting: str, sentence: str) -> None:
    with pytest.raises(HelmError) as refused:
        render(setting)
    assert sentence in str(refused.value)


def test_crds_can_be_left_to_somebody_else() -> None:
    assert "CustomResourceDefinition" in kinds()
    assert "CustomResourceDefinition" not in kinds("crds.enabled=false")


def test_crds_are_kept_unless_said_otherwise() -> None:
    def policies(*settings: str) -> set[str | None]:
        crds = [it for it in render(*settings) if it["kind"] == "CustomResourceDefinition"]
        return {it["metadata"].get("annotations", {}).get("helm.sh/resource-policy") for it in crds}

    assert policies() == {"keep"}
    assert policies("crds.keep=false") == {None}


def test_a_second_replica_brings_a_disruption_budget() -> None:
    assert "PodDisruptionBudget" not in kinds()
    assert "PodDisruptionBudget" in kinds("operator.replicas=2")


def test_without_the_agent_nothing_of_it_is_left() -> None:
    left = [it["metadata"]["name"] for it in render("agent.enabled=false")]
    assert not [name for name in left if "agent" in name]


def test_a_service_monitor_comes_on_demand_only() -> None:
    assert "ServiceMonitor" not in kinds()
    assert "ServiceMonitor" in kinds("serviceMonitor.enabled=true")


def test_every_setting_reaches_the_operator_under_the_name_it_reads() -> None:
    known = {variable for variable, _, _ in described_settings()}
    sent = environment(
        "settings.loop.resyncSeconds=60",
        "settings.lease.renewDeadlineSeconds=5",
        "settings.policy.degradedConsecutiveLosses=7",
        "settings.server.image=triton:1",
        "settings.log.level=debug",
        "settings.discoverSites=false",
    )
    named = {name: value for name, value in sent.items() if name.startswith("AIWORKLOAD_")}
    assert set(named) <= known
    assert sorted(named.values()) == ["5", "60", "7", "debug", "false", "triton:1"]


@pytest.mark.parametrize("position", [0, 1], ids=["agent", "operator"])
def test_every_pod_is_restricted_and_bounded(position: int) -> None:
    pod = list(pods())[position]
    container = pod["containers"][0]
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"]["requests"].keys() == {"cpu", "memory"}
    assert "memory" in container["resources"]["limits"]
    assert not pod.get("hostNetwork")


def test_the_agent_stands_on_every_node_and_knows_which() -> None:
    agent = next(pods())
    assert agent["tolerations"] == [{"operator": "Exists"}]
    environment = agent["containers"][0]["env"]
    named = {
        entry["name"]: entry["valueFrom"]["fieldRef"]["fieldPath"] for entry in environment if "valueFrom" in entry
    }
    assert named == {"NODE_NAME": "spec.nodeName", "POD_IP": "status.podIP"}
    assert agent["containers"][0]["resources"]["requests"] == {"cpu": "20m", "memory": "48Mi"}


def test_the_agents_key_is_made_brought_or_left_out_and_never_stands_in_the_plain_manifest() -> None:
    def mounted(*settings: str) -> Manifest:
        [found] = [it["secret"] for it in next(pods(*settings))["volumes"] if "secret" in it]
        return dict(found)

    [made] = [it for it in render() if it["kind"] == "Secret"]
    assert len(base64.b64decode(made["data"]["key"])) == 64
    assert mounted() == {"secretName": made["metadata"]["name"], "optional": True}
    assert "Secret" not in kinds("agent.probeKey.existingSecret=ours")
    assert mounted("agent.probeKey.existingSecret=ours")["secretName"] == "ours"
    assert "Secret" not in kinds("agent.probeKey.create=false")
    assert "kind: Secret" not in install_manifest()


def test_a_network_policy_comes_on_demand_and_lets_agents_and_the_named_through() -> None:
    assert "NetworkPolicy" not in kinds()
    named = "agent.networkPolicy.from[0].ipBlock.cidr=192.0.2.0/24"
    [policy] = [it for it in render("agent.networkPolicy.enabled=true", named) if it["kind"] == "NetworkPolicy"]
    [rule] = policy["spec"]["ingress"]
    assert rule["from"] == [{"podSelector": policy["spec"]["podSelector"]}, {"ipBlock": {"cidr": "192.0.2.0/24"}}]
    assert rule["ports"] == [{"port": 9777, "protocol": protocol} for protocol in ("TCP", "UDP")]


def test_no_right_is_a_wildcard() -> None:
    for role in (it for it in render() if it["kind"] in {"Role", "ClusterRole"}):
        for rule in role["rules"]:
            assert "*" not in [*rule["apiGroups"], *rule["resources"], *rule["verbs"]], role["metadata"]["name"]


def test_the_plain_manifest_is_what_the_chart_renders_now() -> None:
    written = (CHART.parents[1] / "manifests" / "install.yaml").read_text(encoding="utf-8")
    assert written == install_manifest(), "run `make generate` and commit what it wrote"


def test_the_pods_run_what_the_package_installs_on_the_ports_it_serves() -> None:
    project = tomllib.loads((CHART.parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    agent, operator = (pod["containers"][0] for pod in pods())
    assert {agent["command"][0], operator["command"][0]} <= project["scripts"].keys()
    assert operator["ports"][0]["containerPort"] == HttpSettings().port
    assert agent["ports"][0]["containerPort"] == read_settings(["--node-name", "a"], {}).listen.port
    assert operator["image"].endswith(f":{project['version']}")
