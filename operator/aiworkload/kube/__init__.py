# SPDX-License-Identifier: Apache-2.0
"""The Kubernetes client: watches into the store, server-side apply, statuses, Events, the leader's Lease."""
