# SPDX-License-Identifier: Apache-2.0
"""The agent's flags, and how each is read and refused."""

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from aiworkload.agent.endpoint import Endpoint, parse_endpoint
from aiworkload.api import node_report
from aiworkload.api.base import Name

_DESCRIPTION: Final = """\
Measures the round trips from this node to the agents of other sites, and how busy this machine is, and publishes both
in the status of this node's NodeReport. The operator says whom to probe (spec.peers of the same NodeReport); --peer
corrects or adds to it."""

_EPILOG: Final = """\
Every flag can be set in the environment: --min-write-seconds is AIWORKLOAD_AGENT_MIN_WRITE_SECONDS, and so on; a flag
wins. Several --peer in one variable are separated by commas. NODE_NAME, POD_IP and KUBECONFIG are understood too.

Example, outside a cluster:
  aiworkload-agent --node-name edge-1 --kubeconfig agent.kubeconfig \\
    --endpoint 192.0.2.7:9777 --peer cloud=198.51.100.4:9777
"""

_SITE: Final = TypeAdapter[str](Name)
_TOLD: Final = TypeAdapter[str](node_report.Endpoint)
"""What a NodeReport holds: else the first one would be refused, and the agent end."""

_SWITCHES: Final[Mapping[str, bool]] = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def flag_parser(environment: Mapping[str, str]) -> argparse.ArgumentParser:
    """All flags, with what the environment says as their defaults; of --peer see `peers_in`."""
    parser = argparse.ArgumentParser(
        prog="aiworkload-agent",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    _add_identity(parser, environment)
    _add_measuring(parser, environment)
    _add_bandwidth(parser, environment)
    _add_machine(parser, environment)
    _add_writing(parser, environment)
    parser.add_argument(
        "--verbose", action="store_true", default=_switch(environment, "verbose", parser), help="say more"
    )
    return parser


def peers_in(environment: Mapping[str, str], parser: argparse.ArgumentParser) -> Sequence[tuple[str, Endpoint]]:
    """What the environment says where no --peer is given."""
    try:
        return [_peer(one) for one in (_variable(environment, "peer") or "").split(",") if one]
    except argparse.ArgumentTypeError as error:
        parser.error(f"AIWORKLOAD_AGENT_PEER: {error}")


def _add_identity(parser: argparse.ArgumentParser, environment: Mapping[str, str]) -> None:
    group = parser.add_argument_group("who and where")
    group.add_argument(
        "--node-name",
        default=_variable(environment, "node-name") or environment.get("NODE_NAME"),
        metavar="NAME",
        help="the Node this runs on; its NodeReport has the same name (default: NODE_NAME)",
    )
    group.add_argument(
        "--kubeconfig",
        type=Path,
        default=_variable(environment, "kubeconfig") or environment.get("KUBECONFIG") or None,
        metavar="FILE",
        help="how to reach the API server (default: KUBECONFIG, else the pod's service account)",
    )
    group.add_argument(
        "--listen",
        type=_endpoint,
        default=_variable(environment, "listen") or _every_address(environment),
        metavar="HOST:PORT",
        help="where other agents' probes are answered (default: 0.0.0.0:9777, or [::]:9777 where POD_IP is of IPv6)",
    )
    group.add_argument(
        "--key-file",
        type=Path,
        default=_variable(environment, "key-file"),
        metavar="FILE",
        help="the cluster's key, the same for all agents, by which they know each other's datagrams and bursts; a"
        " second key on a second line is accepted too, for changing it (default: none, and loss is counted over TCP)",
    )
    group.add_argument(
        "--endpoint",
        type=_told_endpoint,
        default=_variable(environment, "endpoint"),
        metavar="HOST:PORT",
        help="where other sites reach that listener, as published (default: POD_IP with its port, else --listen)",
    )


def _add_measuring(parser: argparse.ArgumentParser, environment: Mapping[str, str]) -> None:
    group = parser.add_argument_group("measuring")
    group.add_argument(
        "--peer",
        action="append",
        type=_peer,
        metavar="SITE=HOST:PORT",
        help="probe this site there, whatever the operator says: for gateways and NAT (repeatable)",
    )
    group.add_argument(
        "--interval",
        type=_seconds(0.05, 60),
        default=_variable(environment, "interval") or "2",
        metavar="SECONDS",
        help="between two probes of one peer (default: 2)",
    )
    group.add_argument(
        "--timeout",
        type=_seconds(0.05, 60),
        default=_variable(environment, "timeout") or "2",
        metavar="SECONDS",
        help="a probe not answered after this is lost; must exceed the longest round trip (default: 2)",
    )
    group.add_argument(
        "--window",
        type=_whole(2, 1000),
        default=_variable(environment, "window") or "30",
        metavar="PROBES",
        help="probes that p50, p95, jitter and loss are taken over (default: 30, a minute)",
    )


def _add_bandwidth(parser: argparse.ArgumentParser, environment: Mapping[str, str]) -> None:
    group = parser.add_argument_group("bandwidth, measured by bursts where there is a key")
    group.add_argument(
        "--no-bandwidth",
        action="store_true",
        default=_switch(environment, "no-bandwidth", parser),
        help="send no bursts, and take nobody's: for links that are paid by the byte",
    )
    group.add_argument(
        "--bandwidth-percent",
        type=_number(0.001, 10, "a percentage"),
        default=_variable(environment, "bandwidth-percent") or "0.1",
        metavar="PERCENT",
        help="of what a link carries in an hour, that its bursts may take (default: 0.1, which is 4.5 MB an hour at"
        " 10 Mbit/s)",
    )
    group.add_argument(
        "--bandwidth-interval",
        type=_seconds(60, 86_400),
        default=_variable(environment, "bandwidth-interval") or "1800",
        metavar="SECONDS",
        help="between two measurements of one link; each is believed for 2.5 of them (default: 1800)",
    )
    group.add_argument(
        "--bandwidth-receive",
        type=_number(0, 1_000_000, "a number of MiB"),
        default=_variable(environment, "bandwidth-receive") or "64",
        metavar="MIB",
        help="in an hour, that this node takes of all others' bursts together; raise it where many sites measure"
        " theirs to it (default: 64)",
    )


def _add_machine(parser: argparse.ArgumentParser, environment: Mapping[str, str]) -> None:
    group = parser.add_argument_group("this machine")
    group.add_argument(
        "--no-machine",
        action="store_true",
        default=_switch(environment, "no-machine", parser),
        help="do not report how busy this machine is, nor pause for it: for several nodes on one machine, as with kind",
    )
    group.add_argument(
        "--model-folder",
        type=Path,
        default=_variable(environment, "model-folder"),
        metavar="FOLDER",
        help="report what is free on the disk of this folder, where models are kept (default: nothing is told of it)",
    )


def _add_writing(parser: argparse.ArgumentParser, environment: Mapping[str, str]) -> None:
    group = parser.add_argument_group("writing")
    group.add_argument(
        "--min-write-seconds",
        type=_seconds(0.1, 3600),
        default=_variable(environment, "min-write-seconds") or "10",
        metavar="SECONDS",
        help="a change is written this long after the last report at the earliest; an outage at once (default: 10)",
    )
    group.add_argument(
        "--heartbeat",
        type=_seconds(0.1, 1400),
        default=_variable(environment, "heartbeat") or "30",
        metavar="SECONDS",
        help="a report is written this long after the last one at the latest (default: 30)",
    )
    group.add_argument(
        "--valid-seconds",
        type=_whole(1, 3600),
        default=_variable(environment, "valid-seconds"),
        metavar="SECONDS",
        help="how long a report may be believed (default: 2.5 heartbeats, so that one may be missed)",
    )


def _variable(environment: Mapping[str, str], flag: str) -> str | None:
    """What the environment says of a flag; an empty variable says nothing."""
    return environment.get(f"AIWORKLOAD_AGENT_{flag.upper().replace('-', '_')}") or None


def _switch(environment: Mapping[str, str], flag: str, parser: argparse.ArgumentParser) -> bool:
    """Whether a flag without a value is set; text that only looks like a no must not be a yes."""
    text = _variable(environment, flag) or "false"
    if text.lower() not in _SWITCHES:
        parser.error(f"AIWORKLOAD_AGENT_{flag.upper().replace('-', '_')}: '{text}' is neither true nor false")
    return _SWITCHES[text.lower()]


def _every_address(environment: Mapping[str, str]) -> str:
    """All of this pod's, of the kind that it is reached by."""
    return "[::]:9777" if ":" in environment.get("POD_IP", "") else "0.0.0.0:9777"


def _peer(text: str) -> tuple[str, Endpoint]:
    site, sign, endpoint = text.partition("=")
    if not site or not sign:
        raise argparse.ArgumentTypeError(f"'{text}' is no SITE=HOST:PORT; write for example cloud=198.51.100.4:9777")
    try:
        return _SITE.validate_python(site), _endpoint(endpoint)
    except ValidationError as error:
        raise argparse.ArgumentTypeError(
            f"'{site}' is no Site's name: those are of lower-case letters, digits and '-'"
        ) from error


def _told_endpoint(text: str) -> Endpoint:
    found = _endpoint(text)
    try:
        _TOLD.validate_python(str(found))
    except ValidationError as error:
        raise argparse.ArgumentTypeError(
            f"'{text}' cannot stand in a NodeReport: a host is an address, or letters, digits, '.' and '-'"
        ) from error
    return found


def _endpoint(text: str) -> Endpoint:
    try:
        return parse_endpoint(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _seconds(least: float, most: float) -> Callable[[str], float]:
    return _number(least, most, "a number of seconds")


def _number(least: float, most: float, what: str) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"'{text}' is not {what} from {least} to {most}")
        return value

    return read


def _whole(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
            raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from {least} to {most}")
        return int(text)

    return read
