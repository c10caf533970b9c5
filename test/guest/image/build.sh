#!/usr/bin/env bash
# build.sh FOLDER MIRROR ARCHITECTURE: makes in FOLDER what the guest starts from: root.img, a Debian with the servers
# and the clients, and two kernels with their initrd.img: its own, and in newer/ that of the next Debian. Needs root:
# debootstrap makes devices, and files that belong to root. If the host is of another architecture, root.img has its
# packages, but they are not installed: finish.sh does that in the machine.
set -euo pipefail
export PATH=$PATH:/usr/sbin:/sbin
here=$(cd "$(dirname "$0")" && pwd)
mirror=$2
arch=$3
release=bookworm
# With Linux 6.5 and later an NFS client can be shut down.
newer=trixie
foreign=
[ "$arch" = "$(dpkg --print-architecture)" ] || foreign=--foreign
cd "$1"
trap 'rm -rf root initrd apt' EXIT

packages=$(grep -v '^#' "$here/packages" | paste -sd,)
if ! debootstrap --arch="$arch" $foreign --variant=minbase --components=main --include="$packages" "$release" root "$mirror"; then
  tail -n 5 root/debootstrap/debootstrap.log >&2 || true
  echo "No Debian could be made from $mirror, which apt's configuration names. Does it answer?" >&2
  exit 1
fi
mkdir -p root/share root/mnt root/srv

# unpack PACKAGE: takes the files only; nothing is installed.
unpack() { dpkg-deb --fsys-tarfile "$1" | tar -x --keep-directory-symlink -C root; }

# What follows needs programs of that Debian, or their like on the host.
# index VERSION: makes the index of a kernel's modules. module_files VERSION MODULE: prints the files that are loaded for
# a module, in that order. pack: makes an archive of the files whose names it reads.
if [ -z "$foreign" ]; then
  "$here/clean.sh" root
  index() { chroot root depmod "$1"; }
  module_files() { chroot root modprobe -S "$1" --show-depends "$2" | sed -n 's/^insmod \([^ ]*\).*/root\1/p'; }
  pack() { ../root/bin/busybox cpio -o -H newc; }
else
  index() { depmod -b "$PWD/root" "$1"; }
  module_files() { modprobe -d "$PWD/root" -S "$1" --show-depends "$2" | sed -n 's/^insmod \([^ ]*\).*/\1/p'; }
  pack() { cpio -o -H newc; }
  # In a container debootstrap makes a link of it, which would lead to itself.
  rm -rf root/proc
  mkdir root/proc
  # The initial RAM disk needs it before it is installed.
  unpack root/var/cache/apt/archives/busybox-static_*.deb
  # The fewer files the emulated machine has to write and to compile, the sooner it is done.
  mkdir -p root/etc/dpkg/dpkg.cfg.d
  printf '%s\n' force-unsafe-io path-exclude=/usr/share/{doc,locale,man}/'*' path-exclude=/usr/bin/py3compile \
    >root/etc/dpkg/dpkg.cfg.d/guest
fi

# kernel_of RELEASE: unpacks the kernel of a Debian and prints its version.
kernel_of() {
  rm -rf apt
  mkdir -p apt/{lists/partial,archives/partial,parts}
  echo "deb [signed-by=$PWD/root/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $1 main" >apt/sources.list
  : >apt/status
  local apt=(-qq -o APT::Architecture="$arch" -o APT::Architectures="$arch" -o APT::Sandbox::User= -o Dir::State="$PWD/apt"
    -o Dir::State::status="$PWD/apt/status" -o Dir::Cache="$PWD/apt" -o Dir::Etc::sourcelist="$PWD/apt/sources.list"
    -o Dir::Etc::sourceparts="$PWD/apt/parts" -o Acquire::Languages=none)
  apt-get "${apt[@]}" update >&2
  local package
  package=$(apt-cache "${apt[@]}" depends "linux-image-$arch" | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p')
  (cd apt && apt-get "${apt[@]}" download "$package" >&2) && unpack apt/"$package"_*.deb && index "${package#linux-image-}" || return
  echo "${package#linux-image-}"
}

# Debian's kernel has neither the disk nor ext4 built in. The modules are in the order in which they are loaded.
# boot_files VERSION FOLDER
boot_files() {
  local kernel=$1 folder=$2 module file name
  cp "root/boot/vmlinuz-$kernel" "$folder/vmlinuz"
  mkdir -p initrd/{bin,proc,sys,dev,modules,root}
  cp root/bin/busybox initrd/bin/busybox
  ln -s busybox initrd/bin/sh
  install -m 755 "$here/init" initrd/init
  for module in virtio_pci virtio_blk crc32c_generic ext4; do
    module_files "$kernel" "$module" | while read -r file; do
      name=$(basename "$file" .xz)
      [ -e "initrd/modules/$name" ] && continue
      # busybox cannot unpack compressed modules.
      if [ "$file" = "${file%.xz}" ]; then cp "$file" "initrd/modules/$name"; else xz -dc "$file" >"initrd/modules/$name"; fi
      echo "$name" >>initrd/modules/order
    done
  done
  (cd initrd && find . | pack) 2>/dev/null >"$folder/initrd.img"
  rm -r initrd
}

# make_kernel RELEASE FOLDER
make_kernel() {
  local version
  if ! version=$(kernel_of "$1"); then
    echo "No kernel of Debian's $1 could be had from $mirror, which apt's configuration names." >&2
    exit 1
  fi
  mkdir -p "$2"
  boot_files "$version" "$2"
}
make_kernel "$release" .
make_kernel "$newer" newer
rm -rf root/boot/*

mke2fs -q -t ext4 -O ^has_journal -m 0 -d root root.img 3G
# Whoever starts the machine has to write to it before it is complete.
[ -z "$foreign" ] || chown --reference=. root.img
