# SPDX-License-Identifier: Apache-2.0
"""Which API server to talk to, and as whom: what kubectl would do, through the Kubernetes client's own loaders.

Order: an explicit kubeconfig; `KUBECONFIG`; the pod's service account; `~/.kube/config`.
"""

import os
import ssl
from pathlib import Path
from typing import Any, Final, cast

from kubernetes.aio.client.configuration import Configuration
from kubernetes.aio.client.rest import RESTClientObject
from kubernetes.aio.config import incluster_config, kube_config
from kubernetes.aio.config.config_exception import ConfigException
from yaml import YAMLError

from aiworkload.kube.errors import NotConfigured

_IN_CLUSTER_VARIABLE: Final = "KUBERNETES_SERVICE_HOST"


class Credentials:
    """The API server's address, TLS settings and bearer token.

    A service account's token is read again from its file every minute by the client's loader; a kubeconfig is
    read again when the API server answers 401, which covers token files and exec plugins alike.
    """

    def __init__(self, kubeconfig: Path | None, context: str | None) -> None:
        self._kubeconfig = kubeconfig
        self._context = context
        self._configuration: Any = None

    @classmethod
    async def load(cls, kubeconfig: str | Path | None = None, context: str | None = None) -> "Credentials":
        """Find and read them.

        Raises:
            NotConfigured: there are none; the sentence says where they were looked for.
        """
        credentials = cls(_kubeconfig_path(kubeconfig), context)
        await credentials.reload()
        return credentials

    async def reload(self) -> None:
        """Read the source again: a token in it may have been renewed."""
        configuration = cast("Any", Configuration)()
        if self._kubeconfig is not None and not self._kubeconfig.is_file():
            raise NotConfigured(
                f"there is no kubeconfig file {self._kubeconfig}: name one with --kubeconfig or KUBECONFIG,"
                " or run inside a cluster with a service account"
            )
        try:
            if self._kubeconfig is None:
                cast("Any", incluster_config).load_incluster_config(client_configuration=configuration)
            else:
                await cast("Any", kube_config).load_kube_config(
                    config_file=str(self._kubeconfig),
                    context=self._context,
                    client_configuration=configuration,
                    persist_config=False,
                )
        except (ConfigException, OSError, ValueError, KeyError, TypeError, YAMLError) as error:
            source = self._kubeconfig or "the pod's service account"
            raise NotConfigured(
                f"cannot read how to reach the cluster from {source}: {error}. Set KUBECONFIG to a kubeconfig file,"
                " or run inside a cluster with a service account"
            ) from error
        self._configuration = configuration

    @property
    def server(self) -> str:
        """The API server's URL without a trailing slash."""
        return str(self._configuration.host).rstrip("/")

    @property
    def proxy(self) -> str | None:
        """The proxy that the kubeconfig names."""
        return cast("str | None", self._configuration.proxy)

    @property
    def tls_server_name(self) -> str | None:
        """The name to expect in the server's certificate, where it differs from the address."""
        return cast("str | None", self._configuration.tls_server_name)

    def tls(self) -> ssl.SSLContext:
        """Authorities and client certificate, as the Kubernetes client sets them up."""
        return RESTClientObject(self._configuration).ssl_context

    async def headers(self) -> dict[str, str]:
        """The authorization header, empty with client certificates."""
        settings = await self._configuration.auth_settings()
        bearer = settings.get("BearerToken")
        return {"Authorization": str(bearer["value"]).strip()} if bearer and bearer["value"] else {}


def _kubeconfig_path(explicit: str | Path | None) -> Path | None:
    named = explicit or os.environ.get("KUBECONFIG")
    if named:
        return Path(named).expanduser()
    if os.environ.get(_IN_CLUSTER_VARIABLE):
        return None
    return Path("~/.kube/config").expanduser()
