# SPDX-License-Identifier: Apache-2.0
"""What `etcdctl compact` does, through etcd's JSON gateway."""

import base64

from localcluster.api import Https


def compact(server: Https) -> int:
    """Compact etcd's history up to its newest revision, and return that revision."""
    key = base64.b64encode(b"/").decode()
    answer = server.request("POST", "/v3/kv/range", {"key": key, "count_only": True})
    revision = int(answer["header"]["revision"])
    server.request("POST", "/v3/kv/compaction", {"revision": str(revision), "physical": True})
    return revision
