# SPDX-License-Identifier: Apache-2.0
"""The agent's command line; each flag may come from the environment instead.

argparse, because typer and pydantic-settings would take a tenth of the memory that the whole agent may have.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from aiworkload.agent.bandwidth_rounds import Turns
from aiworkload.agent.endpoint import Endpoint
from aiworkload.agent.flags import flag_parser, peers_in
from aiworkload.agent.probe import ProbeTiming
from aiworkload.agent.report import WritePolicy, valid_seconds


@dataclass(frozen=True, slots=True)
class Settings:
    """All that the agent can be told."""

    node_name: str
    listen: Endpoint
    endpoint: Endpoint | None
    kubeconfig: Path | None
    peers: Mapping[str, Endpoint]
    """By site; these win over what the operator says."""
    timing: ProbeTiming
    window: int
    policy: WritePolicy
    key_file: Path | None
    """Without one no datagrams are sent or answered, and no bandwidth is measured."""
    bandwidth: Turns | None
    """None: it is not measured, and nobody's bursts are taken."""
    model_folder: Path | None
    """On the disk that models are kept on; without one nothing is told of it."""
    machine: bool
    """Whether the use of this machine's CPU and memory is reported."""
    verbose: bool


def read_settings(arguments: Sequence[str], environment: Mapping[str, str]) -> Settings:
    """The settings of a command line; ends the process with a sentence and code 2 when they cannot work."""
    parser = flag_parser(environment)
    given = parser.parse_args(arguments)
    if not given.node_name:
        parser.error("whose NodeReport is it? Give --node-name, or set NODE_NAME (spec.nodeName in a pod)")
    valid = valid_seconds(given.heartbeat) if given.valid_seconds is None else given.valid_seconds
    if valid <= given.heartbeat:
        parser.error("--valid-seconds must be longer than --heartbeat, or every report goes stale before the next")
    turns = None
    if not given.no_bandwidth:
        turns = Turns(given.bandwidth_percent / 100, given.bandwidth_interval, given.bandwidth_receive * 2**20)
    return Settings(
        node_name=given.node_name,
        listen=given.listen,
        endpoint=given.endpoint or _own_endpoint(given.listen, environment),
        kubeconfig=given.kubeconfig,
        peers=dict(given.peer or peers_in(environment, parser)),
        timing=ProbeTiming(given.interval, given.timeout),
        window=given.window,
        policy=WritePolicy(given.min_write_seconds, given.heartbeat, valid, (turns or Turns()).valid_seconds),
        bandwidth=turns,
        key_file=given.key_file,
        model_folder=given.model_folder,
        machine=not given.no_machine,
        verbose=given.verbose,
    )


def _own_endpoint(listen: Endpoint, environment: Mapping[str, str]) -> Endpoint | None:
    if pod_ip := environment.get("POD_IP"):
        return Endpoint(pod_ip, listen.port)
    return None if listen.is_wildcard else listen
