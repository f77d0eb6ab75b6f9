# SPDX-License-Identifier: Apache-2.0
"""A snapshot as a file, recorded or written by hand: from values to plain JSON and back. Reads and writes nothing."""
