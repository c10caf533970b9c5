#!/bin/bash
# mounts.sh WHAT [ARGUMENT …]: starts servers on the guest's loopback interface, mounts them, and stalls each. Every
# mount shows a folder of /srv, which is local and never stalls. A command that ends a stall may be called without one.
set -eu

# drop SERVER PORTS: drops packets from and to the ports, until pass SERVER. The rules themselves stay; only the set of
# ports that they look into changes.
firewall() {
  nft add table inet "$1"
  nft add set inet "$1" dropped '{ type inet_service; }'
  nft add chain inet "$1" input '{ type filter hook input priority 0; }'
  for end in dport sport; do nft add rule inet "$1" input tcp $end @dropped drop; done
}
drop() { nft add element inet "$1" dropped "{ $2 }"; }
pass() { nft flush set inet "$1" dropped; }

unmount() { umount "$1"; }

nfs_start() {
  firewall nfs
  modprobe lockd nlm_tcpport=4045 nlm_udpport=4045 nlm_grace_period=1
  modprobe nfsd
  # Newer servers delegate files to their clients, which then grant locks themselves.
  case $(uname -r) in 6.1.*) ;; *) echo 0 >/proc/sys/fs/leases-enable ;; esac
  mount -t nfsd nfsd /proc/fs/nfsd
  mount -t rpc_pipefs pipefs /run/rpc_pipefs
  rpcbind -w
  rpc.statd
  echo '/srv *(rw,no_root_squash,no_subtree_check,insecure,fsid=1)' >/etc/exports
  exportfs -ra
  rpc.nfsd 8
  rpc.mountd
  # No client held locks before, so the server need not wait for clients that reclaim them.
  echo Y >/proc/fs/nfsd/v4_end_grace
}
# Attributes are cached, so that a call gets stuck in its own work and not in another look at a folder.
nfs_mount() { mount -t nfs -o "hard,proto=tcp,actimeo=600,nfsvers=$2${3:+,$3}" "127.0.0.1:/srv/$1" "/mnt/$1"; }
nfs4_mount() { nfs_mount "$1" 4.2 "${2-}"; }
nfs3_mount() { nfs_mount "$1" 3 "${2-}"; }
nfs_drop() { drop nfs '2049, 4045'; }
nfs_pass() { pass nfs; }

cifs_start() {
  firewall cifs
  mkdir -p /var/lib/samba/private /var/log/samba
  cat >/etc/samba/smb.conf <<'CONFIGURATION'
[global]
security = user
server min protocol = SMB2
load printers = no
disable spoolss = yes
[srv]
path = /srv
read only = no
force user = root
CONFIGURATION
  printf 'secret\nsecret\n' | smbpasswd -a -s root >/dev/null
  smbd -D
  modprobe cifs
  until ss -ltn | grep -q :445; do sleep 0.1; done
  # The server listens before it can answer.
  mkdir -p /srv/first /mnt/first
  until cifs_mount first 2>/dev/null; do sleep 0.5; done
  umount /mnt/first
}
cifs_mount() {
  mount -t cifs -o "username=root,password=secret,vers=3.1.1,noperm,actimeo=600${2:+,$2}" "//127.0.0.1/srv/$1" "/mnt/$1"
}
# The client gives the connection up after three unanswered echo requests, which it sends once a second here.
cifs_echo_mount() { cifs_mount "$1" echo_interval=1; }
cifs_stop() { pkill -STOP -x smbd; }
cifs_continue() { pkill -CONT -x smbd || true; }
cifs_drop() { drop cifs 445; }
cifs_pass() { pass cifs; }
cifs_reconnects() { until grep -q 'TCP status: [^1]' /proc/fs/cifs/DebugData; do sleep 0.1; done; }
cifs_stop_until_reconnecting() {
  cifs_stop
  cifs_reconnects
}
cifs_drop_until_reconnecting() {
  cifs_drop
  cifs_reconnects
}

sshfs_start() {
  mkdir -p -m 700 /root/.ssh
  ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519
  cp /root/.ssh/id_ed25519.pub /root/.ssh/authorized_keys
  printf 'Host *\nStrictHostKeyChecking no\nUserKnownHostsFile /dev/null\nLogLevel ERROR\n' >/root/.ssh/config
  /usr/sbin/sshd
  modprobe fuse
  mount -t fusectl fusectl /sys/fs/fuse/connections
}
sshfs_mount() { sshfs -o entry_timeout=600,attr_timeout=600,dir_cache=no "root@127.0.0.1:/srv/$1" "/mnt/$1"; }
# If the daemon is stopped, it reads no requests. If its far end is, the daemon has read them and waits itself.
daemon_stop() { pkill -STOP -x sshfs; }
daemon_continue() { pkill -CONT -x sshfs || true; }
far_end_stop() { pkill -STOP -x sftp-server; }
far_end_continue() { pkill -CONT -x sftp-server || true; }

"$@"
