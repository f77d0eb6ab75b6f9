# SPDX-License-Identifier: Apache-2.0
"""The command line, which is the kubectl plugin `kubectl aiworkload` too; one file a command."""
