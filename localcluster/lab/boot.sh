#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Process 1 of one machine of the lab: gives it a /var and a /run of its own, then reaps what is orphaned.
# Everything mounted here is in the machine's own mount namespace, so it is gone when the machine is.
# Usage: boot.sh NAME FOLDER MOUNTPOINT=TYPE:OPTIONS...
set -eu
name=$1 folder=$2
shift 2
echo "$name" >/proc/sys/kernel/hostname
mount --make-rshared /
mount --bind "$folder/var" /var
mount -t tmpfs -o mode=755 tmpfs /run
# A kubelet insists on these settings of the kernel, which is the one of the machine below: it gets files to write to.
mkdir -p "$folder/sysctl"
for setting in kernel/panic kernel/panic_on_oops kernel/keys/root_maxbytes kernel/keys/root_maxkeys \
  vm/overcommit_memory vm/panic_on_oom; do
  copy="$folder/sysctl/$(basename "$setting")"
  cat "/proc/sys/$setting" >"$copy"
  mount --bind "$copy" "/proc/sys/$setting"
done
mount --bind "$folder/boot_id" /proc/sys/kernel/random/boot_id
# The machine's own cgroups are the root of what it sees, as on a real one.
for entry in "$@"; do
  at=${entry%%=*} how=${entry#*=}
  umount "$at"
  mount -t "${how%%:*}" -o "${how#*:}" "${how%%:*}" "$at"
done
# In the second version a group with processes of its own cannot hand its controllers down, so they move one down.
if [ -f /sys/fs/cgroup/cgroup.subtree_control ]; then
  mkdir -p /sys/fs/cgroup/init
  echo 1 >/sys/fs/cgroup/init/cgroup.procs
  sed 's/\([^ ]\+\)/+\1/g' /sys/fs/cgroup/cgroup.controllers >/sys/fs/cgroup/cgroup.subtree_control
fi
ip link set lo up
echo "$name" >"$folder/booted"
trap 'exit 0' TERM
while :; do
  sleep 3600 &
  wait $!
done
