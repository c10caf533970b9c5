#!/usr/bin/env bash
# build.sh FOLDER MIRROR: what the guest is started from, made in FOLDER: root.img, a Debian with the servers and the
# clients, and two kernels: its own, and in newer/ that of the next Debian, each with its vmlinuz and initrd.img. Root only:
# debootstrap makes devices, and what it unpacks belongs to root.
set -euo pipefail
export PATH=$PATH:/usr/sbin:/sbin
here=$(cd "$(dirname "$0")" && pwd)
mirror=$2
# From Linux 6.5 an NFS client can be shut down.
newer=trixie
cd "$1"
trap 'rm -rf root initrd apt' EXIT

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

# Debian's kernel has neither the disk nor ext4 built in. Modules in the order in which they are to be loaded.
# boot_files VERSION FOLDER
boot_files() {
  local kernel=$1 folder=$2 module verb file name
  cp "root/boot/vmlinuz-$kernel" "$folder/vmlinuz"
  mkdir -p initrd/{bin,proc,sys,dev,modules,root}
  cp root/bin/busybox initrd/bin/busybox
  ln -s busybox initrd/bin/sh
  install -m 755 "$here/init" initrd/init
  for module in virtio_pci virtio_blk crc32c_generic ext4; do
    chroot root modprobe -S "$kernel" --show-depends "$module" | while read -r verb file _; do
      [ "$verb" = insmod ] || continue
      name=$(basename "$file" .xz)
      [ -e "initrd/modules/$name" ] && continue
      # busybox unpacks none.
      if [ "$file" = "${file%.xz}" ]; then cp "root$file" "initrd/modules/$name"; else xz -dc "root$file" >"initrd/modules/$name"; fi
      echo "$name" >>initrd/modules/order
    done
  done
  (cd initrd && find . | ../root/bin/busybox cpio -o -H newc) 2>/dev/null >"$folder/initrd.img"
  rm -r initrd
}

# newer_kernel: unpacks it, and prints its version. Only its files are taken: nothing of that Debian is installed.
newer_kernel() {
  mkdir -p apt/{lists/partial,archives/partial,parts}
  echo "deb [signed-by=$PWD/root/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $newer main" >apt/sources.list
  : >apt/status
  local apt=(-qq -o APT::Architecture=amd64 -o APT::Sandbox::User= -o Dir::State="$PWD/apt" -o Dir::State::status="$PWD/apt/status"
    -o Dir::Cache="$PWD/apt" -o Dir::Etc::sourcelist="$PWD/apt/sources.list" -o Dir::Etc::sourceparts="$PWD/apt/parts"
    -o Acquire::Languages=none)
  apt-get "${apt[@]}" update >&2
  local package
  package=$(apt-cache "${apt[@]}" depends linux-image-amd64 | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p')
  (cd apt && apt-get "${apt[@]}" download "$package" >&2 && dpkg-deb -x "$package"_*.deb ../root)
  chroot root depmod "${package#linux-image-}"
  echo "${package#linux-image-}"
}

kernel=$(ls root/lib/modules)
boot_files "$kernel" .
if ! version=$(newer_kernel); then
  echo "No kernel of Debian's $newer could be had from $mirror, which apt's configuration names." >&2
  exit 1
fi
mkdir newer
boot_files "$version" newer
rm -rf root/boot/*

mke2fs -q -t ext4 -O ^has_journal -m 0 -d root root.img 2G
