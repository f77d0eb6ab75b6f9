# SPDX-License-Identifier: Apache-2.0
"""A move's lifecycle as files: prepare, warm, switch, drain, remove. Pure: names the next step, takes none."""
