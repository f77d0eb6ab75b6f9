# SPDX-License-Identifier: Apache-2.0
"""The frozen facts that a decision is made from: values with their age, and nothing that can act."""
