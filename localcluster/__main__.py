# SPDX-License-Identifier: Apache-2.0
"""`python -m localcluster`: a real control plane, and a lab of real nodes, for people."""

import argparse
import shlex
import signal
import sys

from localcluster.background import CLUSTER, serve_cluster
from localcluster.binaries import ensure
from localcluster.catalogue import CATALOGUE, CONTROL_PLANE, EVERYDAY
from localcluster.errors import LocalClusterError
from localcluster.images import command as images
from localcluster.lab import commands as lab

# What a shell reports for a program that Ctrl-C ended.
INTERRUPTED = 128 + signal.SIGINT


def main() -> int:
    """Run one command; returns the process's exit code."""
    arguments = _parser().parse_args()
    try:
        return COMMANDS[arguments.command](arguments)
    except LocalClusterError as error:
        print(f"localcluster: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("localcluster: interrupted, nothing is left behind", file=sys.stderr)
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m localcluster", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("up", help="start a control plane in the background; eval its output to use it")
    commands.add_parser("down", help="stop it, and remove everything of it and of crashed ones")
    commands.add_parser("status", help="say whether it is up, and where")
    build = commands.add_parser("build", help="build the binaries into the cache, once a version")
    build.add_argument("names", nargs="*", metavar="NAME", help=f"default: {' '.join(EVERYDAY)}")
    build.add_argument("--all", action="store_true", help="all that are known, those of the lab included")
    build.epilog = f"Known names: {' '.join(CATALOGUE)}"
    images.add_parser(commands)
    commands.add_parser("serve")
    lab.add_to(commands)
    return parser


def _up(_: argparse.Namespace) -> int:
    ensure(CONTROL_PLANE)
    running = CLUSTER.up()
    print(f"the API server is ready at {running.url}; kubectl is {running.kubectl}", file=sys.stderr)
    print(f"export KUBECONFIG={shlex.quote(running.kubeconfig)}")
    return 0


def _down(_: argparse.Namespace) -> int:
    print("stopped and removed" if CLUSTER.down() else "nothing was up", file=sys.stderr)
    return 0


def _status(_: argparse.Namespace) -> int:
    running = CLUSTER.status()
    if running is None:
        print("not up; `python -m localcluster up` starts it", file=sys.stderr)
        return 1
    print(f"up at {running.url} (process {running.pid})", file=sys.stderr)
    print(f"export KUBECONFIG={shlex.quote(running.kubeconfig)}")
    return 0


def _build(arguments: argparse.Namespace) -> int:
    names = CATALOGUE if arguments.all else arguments.names or EVERYDAY
    for name, path in ensure(names).items():
        print(f"{name}\t{path}")
    return 0


def _serve(_: argparse.Namespace) -> int:
    serve_cluster()
    return 0


COMMANDS = {
    "up": _up,
    "down": _down,
    "status": _status,
    "build": _build,
    "image": images.image,
    "serve": _serve,
    "lab": lab.run,
}

if __name__ == "__main__":
    # SIGTERM is asked for as politely as Ctrl-C is, and Ctrl-C also where a background shell job ignores it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(main())
