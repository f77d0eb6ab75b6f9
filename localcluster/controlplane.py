# SPDX-License-Identifier: Apache-2.0
"""A real Kubernetes control plane on loopback ports: etcd, API server and, unless left out, the controllers.

```python
with ControlPlane.start() as cluster:
    print(cluster.run_kubectl("get", "namespaces"))
```
"""

import itertools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from localcluster import components, etcd, kubectl, metrics_server, tokens
from localcluster.api import Https
from localcluster.binaries import ensure
from localcluster.datafolder import DataFolder
from localcluster.kubeconfig import by_token, write
from localcluster.process import Process
from localcluster.stoppable import Stoppable

# From warm binaries the API server answers in about 4 s; a loaded CI machine takes several times that.
READY_SECONDS = 90.0


class ControlPlane(Stoppable):
    """A running control plane. Make one with `ControlPlane.start`; it is a context manager that stops it."""

    def __init__(
        self,
        data: DataFolder,
        binaries: Mapping[str, Path],
        *,
        audit: bool,
        extra_args: Mapping[str, Sequence[str]],
        place: components.Place,
    ) -> None:
        """Prepare ports, certificates and command lines; `start` is what callers use."""
        self._data, self._binaries, self._extra_args, self.place = data, binaries, extra_args, place
        self._ports = components.Ports.choose()
        self._processes: dict[str, Process] = {}
        self._serial = itertools.count(1)
        self.folder = data.path
        self.url = f"https://{place.address}:{self._ports.apiserver}"
        self.kubectl = binaries["kubectl"]
        self.audit_log = self.folder / "audit.jsonl" if audit else None
        self._identities = components.Identities(self.folder, server=self.url, place=place)
        self.authority = self._identities.authority
        self.ca_file = self.authority.files.certificate
        self.kubeconfig = self._identities.kubeconfig("admin", self._identities.admin)
        self.api = self._https(self.url)

    @classmethod
    def start(
        cls,
        data_dir: Path | DataFolder | None = None,
        *,
        controller_manager: bool = True,
        scheduler: bool = True,
        metrics_server: bool = False,
        audit: bool = False,
        extra_args: Mapping[str, Sequence[str]] | None = None,
        place: components.Place | None = None,
    ) -> Self:
        """Start a control plane and wait until it is ready; builds its binaries first when they are missing.

        Args:
            data_dir: Where its data live. By default a temporary folder, removed at the end; a folder given is kept,
                and holds the same cluster (with its certificate authority) when started again. A `DataFolder` that
                somebody holds already is taken over, and released by `stop`.
            controller_manager: Start kube-controller-manager. Without it nothing creates service accounts, so the
                admission plugin that asks for them is off.
            scheduler: Start kube-scheduler.
            metrics_server: Start metrics-server, for real kubelets; it needs a `place` other than loopback.
            audit: Write one JSON line a request to `audit_log`.
            extra_args: Flags by program, such as `{"kube-controller-manager": ["--node-monitor-grace-period=8s"]}`.
            place: Where the API server listens, when that is not loopback: an address this machine has already.

        Raises:
            BuildError: A binary is missing and could not be built.
            StartError: A program did not become ready; the message ends with its log's tail.
        """
        names = ["etcd", "kube-apiserver", "kubectl"]
        names += ["kube-controller-manager"] if controller_manager else []
        names += ["kube-scheduler"] if scheduler else []
        names += ["metrics-server"] if metrics_server else []
        binaries = ensure(names)
        data = data_dir if isinstance(data_dir, DataFolder) else DataFolder(data_dir)
        with data.until_started():
            cluster = cls(data, binaries, audit=audit, extra_args=extra_args or {}, place=place or components.Place())
            cluster._start_all()
        return cluster

    def stop(self) -> None:
        """Stop every program, clients of the API server first, and remove a temporary data folder. Idempotent."""
        try:
            self.stop_all()
        finally:
            self._data.release()

    def kubeconfig_for(
        self,
        namespace: str,
        service_account: str,
        *,
        server: str | None = None,
        tls_server_name: str | None = None,
        bound_node: str | None = None,
    ) -> Path:
        """Write a kubeconfig for a service account that exists, with a fresh token, and return its path.

        Args:
            namespace: The service account's namespace, also the kubeconfig's default namespace.
            service_account: Its name.
            server: Another URL to reach the API server at, such as a proxy's. Default: directly.
            tls_server_name: The name to check the server's certificate for when `server` is not 127.0.0.1 or localhost.
            bound_node: A Node that exists: the token then carries its name and dies with it.

        Raises:
            ApiError: The service account or the Node does not exist.
        """
        token = tokens.request_token(self.api, namespace, service_account, bound_node=bound_node)
        return write(
            self.folder / "kubeconfigs" / f"{next(self._serial)}-{namespace}-{service_account}.kubeconfig",
            server=server or self.url,
            ca_file=self.ca_file,
            user=by_token(token),
            namespace=namespace,
            tls_server_name=tls_server_name,
        )

    def run_kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """Run kubectl as admin and return what it printed.

        Raises:
            KubectlError: It failed; the message holds its standard error.
        """
        return kubectl.run(self.kubectl, self.kubeconfig, *arguments, stdin=stdin)

    def stop_apiserver(self, *, kill: bool = False) -> None:
        """Stop the API server only, politely or by SIGKILL: an outage, until `restart_apiserver`."""
        if "kube-apiserver" in self._processes:
            self._processes.pop("kube-apiserver").stop(kill=kill)

    def restart_apiserver(self) -> None:
        """Start the API server again, stopping it first if it runs, on the same port; waits until it is ready.

        Its watch cache begins anew, so a watch that resumes from before the restart is told 410 Gone.
        """
        self.stop_apiserver()
        self._start_apiserver()

    def stop_all(self) -> None:
        """Stop every program, as when the control plane's machine is switched off; its data stay for `start_all`."""
        while self._processes:
            self._processes.popitem()[1].stop()

    def start_all(self) -> None:
        """Start every program again, on the same ports and with the same data, and wait until all are ready.

        Controllers that begin anew give every node its grace period; those that outlive an API server take all nodes
        for silent as soon as they can say so.
        """
        self._start_all()

    def compact(self) -> int:
        """Forget all but the newest revision in etcd, and return that revision.

        A list or watch that goes to etcd from an older revision is then told 410 Gone. Watches are normally answered
        by the API server's watch cache, which keeps its own history: `restart_apiserver` empties that, and
        `--watch-cache=false` in `extra_args` does without it.
        """
        return etcd.compact(self._https(_on_loopback(self._ports.etcd)))

    def run(self, name: str, program: Path, arguments: Sequence[str]) -> Process:
        """Start a companion program, logging beside the control plane's and ended with it."""
        self._processes[name] = process = Process(
            name, [program, *arguments, *self._extra_args.get(name, ())], folder=self.folder
        )
        return process

    @property
    def pids(self) -> dict[str, int]:
        """Process ids by program, of those that run."""
        return {name: process.pid for name, process in self._processes.items() if process.running}

    def _start_all(self) -> None:
        etcd_server = self._component("etcd", components.etcd(self.folder, self._ports, self._identities))
        self._await(etcd_server, _on_loopback(self._ports.etcd), "/health")
        self._start_apiserver()
        if "kube-controller-manager" in self._binaries:
            port = self._ports.controller_manager
            manager = self._component("kube-controller-manager", components.controller_manager(port, self._identities))
            self._await(manager, _on_loopback(port), "/healthz")
            # Pods are refused until this one exists, which is the first thing a caller would trip over.
            account = "/api/v1/namespaces/default/serviceaccounts/default"
            self._await(manager, self.url, account)
        if "kube-scheduler" in self._binaries:
            port = self._ports.scheduler
            scheduler = self._component("kube-scheduler", components.scheduler(port, self._identities))
            self._await(scheduler, _on_loopback(port), "/healthz")
        if "metrics-server" in self._binaries:
            self._start_metrics_server()

    def _start_apiserver(self) -> None:
        arguments = components.apiserver(self._ports, self._identities, self.place)
        if "kube-controller-manager" not in self._binaries:
            arguments.append("--disable-admission-plugins=ServiceAccount")
        if self.audit_log:
            policy = self.folder / "audit-policy.json"
            policy.write_text(json.dumps(components.AUDIT_POLICY))
            arguments += components.audit(self.audit_log, policy)
        self._await(self._component("kube-apiserver", arguments), self.url, "/readyz")

    def _start_metrics_server(self) -> None:
        at = (self._ports.metrics_server, self._identities, self.place)
        # First, since it ends when it may not read how the API server's own requests are told from others'.
        self.run_kubectl("apply", "--server-side", "--filename=-", stdin=json.dumps(metrics_server.objects(*at)))
        process = self._component(metrics_server.NAME, metrics_server.arguments(*at))
        self._await(process, self.url, metrics_server.API_PATH)

    def _component(self, name: str, arguments: Sequence[str]) -> Process:
        return self.run(name, self._binaries[name], arguments)

    def _await(self, process: Process, url: str, path: str) -> None:
        server = self._https(url)
        process.wait_until(lambda: server.answers_ok(path), seconds=READY_SECONDS)

    def _https(self, url: str) -> Https:
        return Https(url, ca_file=self.ca_file, identity=self._identities.admin)


def _on_loopback(port: int) -> str:
    return f"https://{components.LOOPBACK}:{port}"
