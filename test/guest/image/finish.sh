#!/bin/bash
# Process 1 of a guest of another architecture than the host's, when it starts for the first time: installs the packages
# that debootstrap has only fetched, and switches the machine off. `results`, a word of the kernel's command line, is the
# serial line that the host reads.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C DEBIAN_FRONTEND=noninteractive
mount -t proc proc /proc
mount -t sysfs sys /sys
stty -F "$results" raw -echo

cd /
install() {
  /debootstrap/debootstrap --second-stage || { tail -n 20 /debootstrap/debootstrap.log; return 1; }
  /share/clean.sh /
}
install >"$results" 2>&1 </dev/null
status=$?
mountpoint -q /proc || mount -t proc proc /proc
sync
# The root can be neither unmounted nor made read-only in the usual way: this process itself has files open there that
# the packages have replaced. The kernel does it in an emergency.
echo 1 >/proc/sys/kernel/sysrq
echo u >/proc/sysrq-trigger
while grep -q '^[^ ]* / ext4 rw' /proc/mounts; do sleep 0.1; done
echo "end $status" >"$results"
sleep 0.2
echo o >/proc/sysrq-trigger
sleep 60
