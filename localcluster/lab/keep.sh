#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs a service of a machine and starts it again two seconds after it ended, as an init system does.
# Usage: keep.sh PROGRAM ARGUMENT...
while :; do
  "$@"
  echo "keep.sh: $1 ended with code $?; it is started again in 2 s"
  sleep 2
done
