# SPDX-License-Identifier: Apache-2.0
"""The agent's flags and their environment; what cannot work is refused with a sentence."""

import pytest

from aiworkload.agent.endpoint import Endpoint, parse_endpoint
from aiworkload.agent.settings import read_settings

NAME = ("--node-name", "edge-1")


def test_a_node_name_is_enough() -> None:
    settings = read_settings(NAME, {})
    assert settings.listen.is_wildcard
    assert settings.listen.port == 9777
    assert settings.endpoint is None
    assert (settings.timing.interval_seconds, settings.window) == (2.0, 30)
    assert (settings.policy.heartbeat_seconds, settings.policy.valid_seconds) == (30.0, 75)


def test_in_a_pod_the_environment_is_enough() -> None:
    settings = read_settings([], {"NODE_NAME": "edge-1", "POD_IP": "fd00::7"})
    assert settings.node_name == "edge-1"
    assert str(settings.endpoint) == "[fd00::7]:9777"
    assert str(settings.listen) == "[::]:9777", "where others and the kubelet's probes find it"


def test_no_by_word_in_the_environment_is_no() -> None:
    for word in ("false", "0", "no", ""):
        settings = read_settings(
            NAME, {f"AIWORKLOAD_AGENT_{name}": word for name in ("VERBOSE", "NO_MACHINE", "NO_BANDWIDTH")}
        )
        assert not settings.verbose
        assert settings.machine
        assert settings.bandwidth


def test_a_switch_in_the_environment_is_yes_or_no(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        read_settings(NAME, {"AIWORKLOAD_AGENT_NO_MACHINE": "maybe"})
    assert "AIWORKLOAD_AGENT_NO_MACHINE" in capsys.readouterr().err


def test_every_flag_can_come_from_the_environment_and_a_flag_wins() -> None:
    environment = {
        "AIWORKLOAD_AGENT_NODE_NAME": "edge-1",
        "AIWORKLOAD_AGENT_HEARTBEAT": "2",
        "AIWORKLOAD_AGENT_MIN_WRITE_SECONDS": "1",
        "AIWORKLOAD_AGENT_PEER": "fog=10.0.0.1:1,cloud=10.0.0.2:2",
        "KUBECONFIG": "/somewhere/config",
    }
    settings = read_settings(["--heartbeat", "4"], environment)
    assert settings.policy.heartbeat_seconds == 4
    assert settings.policy.min_write_seconds == 1
    assert settings.policy.valid_seconds == 10
    assert settings.peers == {"fog": Endpoint("10.0.0.1", 1), "cloud": Endpoint("10.0.0.2", 2)}
    assert str(settings.kubeconfig) == "/somewhere/config"


def test_an_empty_variable_says_nothing() -> None:
    every = ("LISTEN", "KEY_FILE", "ENDPOINT", "PEER", "WINDOW", "MODEL_FOLDER", "VALID_SECONDS", "KUBECONFIG")
    environment = {"KUBECONFIG": "", **{f"AIWORKLOAD_AGENT_{name}": "" for name in every}}
    assert read_settings(NAME, environment) == read_settings(NAME, {})


def test_the_machines_use_is_reported_unless_it_is_told_not_to() -> None:
    assert read_settings(NAME, {}).machine
    assert not read_settings((*NAME, "--no-machine"), {}).machine
    assert not read_settings(NAME, {"AIWORKLOAD_AGENT_NO_MACHINE": "1"}).machine


def test_peers_on_the_command_line_replace_those_of_the_environment() -> None:
    flags = (*NAME, "--peer", "a=10.0.0.3:3", "--peer", "b=[::1]:4")
    settings = read_settings(flags, {"AIWORKLOAD_AGENT_PEER": "fog=10.0.0.1:1"})
    assert settings.peers == {"a": Endpoint("10.0.0.3", 3), "b": Endpoint("::1", 4)}


def test_a_listening_address_that_others_can_reach_is_the_endpoint() -> None:
    assert read_settings((*NAME, "--listen", "127.0.0.9:9777"), {}).endpoint == Endpoint("127.0.0.9", 9777)


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        ((), "set NODE_NAME"),
        ((*NAME, "--interval", "0"), "from 0.05 to 60"),
        ((*NAME, "--interval", "nan"), "from 0.05 to 60"),
        ((*NAME, "--interval", "soon"), "'soon' is not a number of seconds"),
        ((*NAME, "--window", "1"), "from 2 to 1000"),
        ((*NAME, "--listen", "9777"), "is no host:port"),
        ((*NAME, "--listen", "0.0.0.0:99999"), "a port from 1 to 65535"),
        ((*NAME, "--peer", "10.0.0.1:1"), "is no SITE=HOST:PORT"),
        ((*NAME, "--peer", "fog=10.0.0.1"), "is no host:port"),
        ((*NAME, "--peer", "Fog_1=10.0.0.1:1"), "'Fog_1' is no Site's name"),
        ((*NAME, "--endpoint", "gate_way.example:9777"), "cannot stand in a NodeReport"),
        ((*NAME, "--heartbeat", "20", "--valid-seconds", "20"), "longer than --heartbeat"),
    ],
)
def test_what_cannot_work_is_refused_with_a_sentence(
    flags: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        read_settings(flags, {})
    assert refused.value.code == 2
    assert sentence in " ".join(capsys.readouterr().err.split())


def test_a_bad_peer_in_the_environment_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        read_settings(NAME, {"AIWORKLOAD_AGENT_PEER": "fog"})
    assert "AIWORKLOAD_AGENT_PEER" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["10.0.0.7:9777", "[fd00::7]:9777", "agent.site-a.example:1"])
def test_an_endpoint_reads_back_as_it_was_written(text: str) -> None:
    assert str(parse_endpoint(text)) == text
