# SPDX-License-Identifier: Apache-2.0
"""Slim facts, decoded straight from the API server's bytes: what decisions read, and nothing else of an object."""
