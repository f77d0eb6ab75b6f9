# SPDX-License-Identifier: Apache-2.0
"""`decide(snapshot, policy, now) -> Plan`: the one function that says where every workload belongs, and why."""
