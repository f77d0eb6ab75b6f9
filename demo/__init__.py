# SPDX-License-Identifier: Apache-2.0
"""The whole story on a real API server: place, measure, move, survive a cut, explain. `python -m demo`.

Real: etcd, API server, controllers, scheduler, kubectl, the operator and one agent a site as processes of their own,
and every latency, measured over sockets. Simulated: the nodes and their pods (kwok), and the distance between sites,
which a proxy adds (toxiproxy).
"""
