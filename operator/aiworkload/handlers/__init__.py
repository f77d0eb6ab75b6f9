# SPDX-License-Identifier: Apache-2.0
"""kopf: the operator's process, its start and its end. Nothing is decided here."""
