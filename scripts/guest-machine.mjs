// The machines that the guest runs in, one for each processor: qemu's software emulation, and which Debian starts there.
import { join } from 'node:path';
import { Failure, which } from './tools.mjs';

/** The Debian package of each program of the host. */
const programs = { debootstrap: 'debootstrap', mke2fs: 'e2fsprogs' };

/**
 * The machines by Node's name of the processor. `debian`: Debian's name of it. `needs`: the Debian packages of the
 * programs that this machine takes. `results`: the guest's name of the serial line that `serial` adds; the first one is
 * the console. `words`: of the kernel's command line. `finishes`: the host cannot run the guest's programs, so the guest
 * installs its packages itself, when it starts for the first time. `pace`: by how much the limits of time are longer.
 */
const machines = {
  x64: {
    debian: 'amd64',
    qemu: 'qemu-system-x86_64',
    needs: { 'qemu-system-x86_64': 'qemu-system-x86', ...programs },
    hardware: ['-M', 'pc', '-cpu', 'max,la57=off'],
    serial: ['-serial', 'stdio'],
    results: '/dev/ttyS1',
    words: 'console=ttyS0 tsc=reliable no_timer_check',
    finishes: false,
    pace: 1,
  },
  arm64: {
    debian: 'arm64',
    qemu: 'qemu-system-aarch64',
    needs: {
      'qemu-system-aarch64': 'qemu-system-arm',
      ...programs,
      // They make the initial RAM disk, for which x64 has the guest's own.
      modprobe: 'kmod',
      cpio: 'cpio',
    },
    hardware: ['-M', 'virt,gic-version=3', '-cpu', 'cortex-a72'],
    // The machine has one serial line of its own, ttyAMA0.
    serial: ['-chardev', 'stdio,id=results,signal=off', '-device', 'pci-serial,chardev=results'],
    results: '/dev/ttyS0',
    words: 'console=ttyAMA0 kpti=off',
    finishes: true,
    pace: 3,
  },
};

/** Returns the machine of a processor, with its name as `arch`. */
export function machineOf(arch) {
  if (!Object.hasOwn(machines, arch))
    throw new Failure(`--arch is one of ${Object.keys(machines).join(', ')}, not '${arch}'`);
  return { arch, ...machines[arch] };
}

/** Some programs are in folders that are not in every user's PATH. */
export const program = (name) => which(name) ?? which(`/usr/sbin/${name}`);

/** Fails with what the host lacks. */
export function requireHost({ arch, needs }) {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Failure('the guest is started on an x86-64 Linux only');
  const missing = Object.keys(needs).filter((name) => !program(name));
  if (missing.length > 0)
    throw new Failure(
      `Missing for the guest (${arch}): ${missing.join(', ')}. Install with: apt-get install ${missing.map((name) => needs[name]).join(' ')}`,
    );
}

/**
 * Returns the command that starts a machine. `kernel`: the folder of the kernel and its initial RAM disk. `disks`: the
 * files of the root file system and of what becomes /share. `keeps`: whether what is written to the first one stays.
 * `console`: the file that gets the output of the kernel. What the guest writes to its results comes on stdout.
 */
export function startCommand(
  { qemu, hardware, serial, results, words, pace },
  { kernel, disks, keeps, console },
) {
  const [root, share] = disks;
  const drive = (file, more) => ['-drive', `file=${file},if=virtio,format=raw,cache=unsafe${more}`];
  return [
    qemu,
    ...hardware,
    // Without KVM: a /dev/kvm need not work (in a machine within a machine), and most of a run is waiting. Without a
    // network: servers and clients use the guest's own loopback.
    ...['-accel', 'tcg,thread=multi,tb-size=512', '-smp', '2', '-m', '1536'],
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-nic', 'none', '-monitor', 'none'],
    ...['-no-reboot', '-kernel', join(kernel, 'vmlinuz'), '-initrd', join(kernel, 'initrd.img')],
    // The kernel hands words that it does not know, here the last two, on to process 1 as variables of its environment.
    '-append',
    `${words} quiet mitigations=off panic=-1 nowatchdog audit=0 results=${results} pace=${pace}`,
    ...drive(root, keeps ? '' : ',snapshot=on'),
    ...drive(share, ''),
    ...['-serial', `file:${console}`, ...serial],
  ];
}
