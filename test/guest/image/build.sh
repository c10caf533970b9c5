#!/usr/bin/env bash
# build.sh FOLDER MIRROR: what the guest is started from, made in FOLDER: vmlinuz, initrd.img, and root.img, a Debian with
# the servers and the clients. Root only: debootstrap makes devices, and what it unpacks belongs to root.
set -euo pipefail
export PATH=$PATH:/usr/sbin:/sbin
here=$(cd "$(dirname "$0")" && pwd)
mirror=$2
cd "$1"
trap 'rm -rf root initrd' EXIT

packages=$(grep -v '^#' "$here/packages" | paste -sd,)
if ! debootstrap --variant=minbase --components=main --include="$packages" bookworm root "$mirror"; then
  tail -n 5 root/debootstrap/debootstrap.log >&2 || true
  echo "No Debian could be made from $mirror, which apt's configuration names. Does it answer?" >&2
  exit 1
fi
rm -rf root/var/cache/apt root/var/lib/apt/lists root/usr/share/{doc,locale,man} root/debootstrap
# mount writes no table of its own where this is a link.
ln -sf /proc/self/mounts root/etc/mtab
mkdir -p root/share root/mnt root/srv

kernel=$(ls root/lib/modules)
cp "root/boot/vmlinuz-$kernel" vmlinuz

# Debian's kernel has neither the disk nor ext4 built in. Modules in the order in which they are to be loaded.
mkdir -p initrd/{bin,proc,sys,dev,modules,root}
cp root/bin/busybox initrd/bin/busybox
ln -s busybox initrd/bin/sh
install -m 755 "$here/init" initrd/init
for module in virtio_pci virtio_blk crc32c_generic ext4; do
  chroot root modprobe -S "$kernel" --show-depends "$module" | while read -r verb file _; do
    [ "$verb" = insmod ] || continue
    name=$(basename "$file")
    [ -e "initrd/modules/$name" ] && continue
    cp "root$file" "initrd/modules/$name"
    echo "$name" >>initrd/modules/order
  done
done
(cd initrd && find . | ../root/bin/busybox cpio -o -H newc) 2>/dev/null >initrd.img

mke2fs -q -t ext4 -O ^has_journal -m 0 -d root root.img 2G
