#!/bin/bash
# Process 1 of the guest: prepares the system, runs the tests and switches the machine off. Their output goes to the
# serial line that the host reads. Its name is `results`, a word of the kernel's command line.
export PATH=/share/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C
mount -t proc proc /proc
mount -t sysfs sys /sys
mkdir -p /dev/pts /dev/shm
mount -t devpts pts /dev/pts
for place in /dev/shm /tmp /run; do mount -t tmpfs tmp "$place"; done
mkdir -p /run/rpcbind /run/sshd /run/lock /run/samba /run/rpc_pipefs
ip link set lo up
hostname guest
echo '127.0.0.1 localhost guest' >/etc/hosts

stty -F "$results" raw -echo
# The working directory is on no mount that stalls.
cd /
node /share/guest/main.cjs "$(cat /share/only)" "$(cat /share/parts)" >"$results" 2>&1 </dev/null
echo "end $?" >"$results"
sleep 0.2
echo 1 >/proc/sys/kernel/sysrq
echo o >/proc/sysrq-trigger
sleep 60
