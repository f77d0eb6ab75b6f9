# SPDX-License-Identifier: Apache-2.0
"""Service-account tokens by the TokenRequest API, the way a kubelet gets them for its pods."""

from localcluster.api import Https

# A week: whoever keeps a local cluster longer asks for a new one. (A kubelet's are renewed every hour.)
TOKEN_SECONDS = 7 * 24 * 3600


def request_token(api: Https, namespace: str, service_account: str, *, bound_node: str | None) -> str:
    """A token of a service account, bound to a Node when one is named, so that it carries the node's name.

    Raises:
        ApiError: The service account or the Node does not exist.
    """
    spec: dict[str, object] = {"expirationSeconds": TOKEN_SECONDS}
    if bound_node:
        node = api.request("GET", f"/api/v1/nodes/{bound_node}")
        spec["boundObjectRef"] = {
            "apiVersion": "v1",
            "kind": "Node",
            "name": bound_node,
            "uid": node["metadata"]["uid"],
        }
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{service_account}/token"
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
    return str(api.request("POST", path, body)["status"]["token"])
