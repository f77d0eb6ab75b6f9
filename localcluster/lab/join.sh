#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Becomes a program inside control groups. Usage: join.sh CGROUP_PROCS... -- PROGRAM ARGUMENT...
set -eu
while [ "$1" != -- ]; do
  echo $$ >"$1"
  shift
done
shift
exec "$@"
