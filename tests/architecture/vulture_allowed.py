# SPDX-License-Identifier: Apache-2.0
"""Names that no line of the product reads, each with who reads it. Vulture takes what is named here for used.

A field of a `spec` never belongs here: one that nothing reads is a defect.
"""

from typing import Any

thing: Any = object()

READ_BY_OTHERS = (
    # pydantic: configuration and validators of models.
    thing.model_config,
    thing._ordered,
    # asyncio: the protocol methods that it calls.
    thing.connection_made,
    thing.connection_lost,
    thing.data_received,
    thing.eof_received,
    thing.pause_writing,
    # Users, by kubectl: what a status tells.
    thing.ready_nodes,
    thing.node_names,
    thing.network_p95_milliseconds,
    thing.compute_p95_milliseconds,
    thing.estimated_per_hour,
    thing.reject_message,
    # Users, by plan -o json: when a workload is looked at again.
    thing.next_check_time,
    # PyYAML: what its dumpers ask.
    thing.ignore_aliases,
    # Users: the boundary that the privacy filter treats as the last of the four.
    thing.PREMISES,
    # Administrators: values of a setting.
    thing.ERROR,
    thing.TEXT,
    # kopf: its settings, and the handlers registered with it.
    thing.enabled,
    thing.disabled,
    thing.error_backoffs,
    thing.operate,
    # prometheus_client, http.server and socketserver: the methods that they call, and what they read.
    thing.collect,
    thing.log_message,
    thing.address_family,
    # aiohttp: a field of its request arguments.
    thing.server_hostname,
    # tools/: what renders crds/ and the reference.
    thing.custom_resource_definition,
    # Tests: how many callers an agent's listener has.
    thing.callers,
)

__all__ = ["READ_BY_OTHERS"]
