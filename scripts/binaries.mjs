// Reads what a shared object or program needs from its system, out of its bytes: ELF, Mach-O and PE, 64 bits, little
// endian, which is all that is built here.

/**
 * @typedef {object} Binary
 * @property {'elf' | 'macho' | 'pe'} format
 * @property {'x64' | 'arm64'} arch
 * @property {boolean} isProgram
 * @property {string | undefined} interpreter the dynamic loader of a program; none: it is static
 * @property {string[]} needs the libraries that it names
 * @property {string[]} searchPaths RPATH and RUNPATH
 * @property {string[]} exported the names of the symbols that others find in it
 * @property {string[]} imported the names of the symbols that it takes from others
 * @property {string[]} versions of symbols that it asks for: GLIBC_2.17
 * @property {boolean} staysMapped -z nodelete
 * @property {boolean} hasExecutableStack
 */

/** @param {Buffer} bytes @returns {Binary} */
export function readBinary(bytes) {
  if (bytes.length > 64 && bytes.readUInt32BE(0) === 0x7f454c46) return readElf(bytes);
  if (bytes.length > 32 && bytes.readUInt32LE(0) === 0xfeedfacf) return readMachO(bytes);
  if (bytes.length > 64 && bytes.toString('latin1', 0, 2) === 'MZ') return readPe(bytes);
  throw new Error('neither ELF nor Mach-O nor PE of 64 bits');
}

const number = (bytes, at) => Number(bytes.readBigUInt64LE(at));

function text(bytes, at) {
  return bytes.toString('latin1', at, bytes.indexOf(0, at));
}

// elf.h
const ELF_ARCHES = { 62: 'x64', 183: 'arm64' };
const PT = { interp: 3, stack: 0x6474e551 };
const SHT = { dynamic: 6, dynsym: 11, verneed: 0x6ffffffe };
const DT = { needed: 1, rpath: 15, runpath: 29, flags1: 0x6ffffffb };
const DF_1_NODELETE = 8;

function readElf(bytes) {
  const table = (at, size, count) => Array.from({ length: count }, (_, i) => at + i * size);
  const segments = table(number(bytes, 32), bytes.readUInt16LE(54), bytes.readUInt16LE(56));
  const sections = table(number(bytes, 40), bytes.readUInt16LE(58), bytes.readUInt16LE(60)).map((at) => ({
    type: bytes.readUInt32LE(at + 4),
    offset: number(bytes, at + 24),
    size: number(bytes, at + 32),
    link: bytes.readUInt32LE(at + 40),
    count: bytes.readUInt32LE(at + 44),
  }));
  const section = (type) => sections.find((each) => each.type === type);
  const segment = (type) => segments.find((at) => bytes.readUInt32LE(at) === type);
  const name = (of, at) => text(bytes, sections[of.link].offset + at);

  const dynamic = section(SHT.dynamic);
  const entries = table(dynamic?.offset ?? 0, 16, (dynamic?.size ?? 0) / 16).map((at) => [
    number(bytes, at),
    number(bytes, at + 8),
  ]);
  const values = (...tags) => entries.filter(([tag]) => tags.includes(tag)).map(([, value]) => value);

  const dynsym = section(SHT.dynsym);
  const exported = [];
  const imported = [];
  // The first symbol is empty.
  for (const at of table(dynsym?.offset ?? 0, 24, (dynsym?.size ?? 0) / 24).slice(1)) {
    const isDefined = bytes.readUInt16LE(at + 6) !== 0;
    (isDefined ? exported : imported).push(name(dynsym, bytes.readUInt32LE(at)));
  }

  const versions = new Set();
  const verneed = section(SHT.verneed);
  for (let at = verneed?.offset ?? 0, left = verneed?.count ?? 0; left > 0; left--) {
    let aux = at + bytes.readUInt32LE(at + 8);
    for (let each = bytes.readUInt16LE(at + 2); each > 0; each--) {
      versions.add(name(verneed, bytes.readUInt32LE(aux + 8)));
      aux += bytes.readUInt32LE(aux + 12);
    }
    at += bytes.readUInt32LE(at + 12);
  }

  const interp = segment(PT.interp);
  const stack = segment(PT.stack);
  const isProgram = number(bytes, 24) !== 0;
  return {
    format: 'elf',
    arch: ELF_ARCHES[bytes.readUInt16LE(18)],
    isProgram,
    interpreter: interp === undefined ? undefined : text(bytes, number(bytes, interp + 8)),
    needs: values(DT.needed).map((at) => name(dynamic, at)),
    searchPaths: values(DT.rpath, DT.runpath).map((at) => name(dynamic, at)),
    exported,
    imported,
    versions: [...versions],
    staysMapped: values(DT.flags1).some((flags) => (flags & DF_1_NODELETE) !== 0),
    hasExecutableStack: stack === undefined || (bytes.readUInt32LE(stack + 4) & 1) !== 0,
  };
}

// mach-o/loader.h, mach-o/nlist.h
const MACH_ARCHES = { 16777223: 'x64', 16777228: 'arm64' };
const MH_EXECUTE = 2;
const LC = { symtab: 2, dysymtab: 11, dylib: 12, dylinker: 14, weakDylib: 0x80000018, rpath: 0x8000001c };

function readMachO(bytes) {
  const binary = {
    format: 'macho',
    arch: MACH_ARCHES[bytes.readUInt32LE(4)],
    isProgram: bytes.readUInt32LE(12) === MH_EXECUTE,
    interpreter: undefined,
    needs: [],
    searchPaths: [],
    exported: [],
    imported: [],
    versions: [],
    staysMapped: false,
    hasExecutableStack: (bytes.readUInt32LE(24) & 0x20000) !== 0,
  };
  let symbols = { at: 0, names: 0 };
  let at = 32;
  for (let left = bytes.readUInt32LE(16); left > 0; left--) {
    const command = bytes.readUInt32LE(at);
    const string = () => text(bytes, at + bytes.readUInt32LE(at + 8));
    if (command === LC.dylib || command === LC.weakDylib) binary.needs.push(string());
    else if (command === LC.rpath) binary.searchPaths.push(string());
    else if (command === LC.dylinker) binary.interpreter = string();
    else if (command === LC.symtab)
      symbols = { at: bytes.readUInt32LE(at + 8), names: bytes.readUInt32LE(at + 16) };
    else if (command === LC.dysymtab) {
      const names = (from, count) =>
        Array.from({ length: count }, (_, i) =>
          // Names of C have an underscore in front there.
          text(bytes, symbols.names + bytes.readUInt32LE(symbols.at + (from + i) * 16)).replace(/^_/, ''),
        );
      binary.exported = names(bytes.readUInt32LE(at + 16), bytes.readUInt32LE(at + 20));
      binary.imported = names(bytes.readUInt32LE(at + 24), bytes.readUInt32LE(at + 28));
    }
    at += bytes.readUInt32LE(at + 4);
  }
  return binary;
}

// The PE format, https://learn.microsoft.com/windows/win32/debug/pe-format
const PE_ARCHES = { 34404: 'x64', 43620: 'arm64' };
const IS_DLL = 0x2000;
const BY_NUMBER = 1n << 63n;
const NX_COMPATIBLE = 0x100;

function readPe(bytes) {
  const header = bytes.readUInt32LE(0x3c);
  const optional = header + 24;
  if (bytes.readUInt32LE(header) !== 0x4550 || bytes.readUInt16LE(optional) !== 0x20b)
    throw new Error('no PE of 64 bits');
  const firstSection = optional + bytes.readUInt16LE(header + 20);
  const sections = Array.from({ length: bytes.readUInt16LE(header + 6) }, (_, i) => firstSection + i * 40);
  /** Where what is mapped at an address lies in the file. */
  const at = (address) => {
    const section = sections.find((each) => {
      const offset = address - bytes.readUInt32LE(each + 12);
      return offset >= 0 && offset < bytes.readUInt32LE(each + 16);
    });
    if (section === undefined) throw new Error(`no section has the address ${address}`);
    return address - bytes.readUInt32LE(section + 12) + bytes.readUInt32LE(section + 20);
  };
  const directory = (index) => bytes.readUInt32LE(optional + 112 + index * 8);

  const exported = [];
  if (directory(0) !== 0) {
    const table = at(directory(0));
    const names = at(bytes.readUInt32LE(table + 32));
    for (let i = 0; i < bytes.readUInt32LE(table + 24); i++)
      exported.push(text(bytes, at(bytes.readUInt32LE(names + i * 4))));
  }
  const needs = [];
  const imported = [];
  // Those that the loader looks for at once, and those that it looks for when they are first called.
  for (const [index, size, nameAt, namesAt] of [
    [1, 20, 12, 0],
    [13, 32, 4, 16],
  ]) {
    if (directory(index) === 0) continue;
    for (let each = at(directory(index)); bytes.readUInt32LE(each + nameAt) !== 0; each += size) {
      needs.push(text(bytes, at(bytes.readUInt32LE(each + nameAt))));
      for (let entry = at(bytes.readUInt32LE(each + namesAt)); ; entry += 8) {
        const value = bytes.readBigUInt64LE(entry);
        if (value === 0n) break;
        if ((value & BY_NUMBER) === 0n) imported.push(text(bytes, at(Number(value)) + 2));
      }
    }
  }
  return {
    format: 'pe',
    arch: PE_ARCHES[bytes.readUInt16LE(header + 4)],
    isProgram: (bytes.readUInt16LE(header + 22) & IS_DLL) === 0,
    interpreter: undefined,
    needs,
    searchPaths: [],
    exported,
    imported,
    versions: [],
    staysMapped: false,
    hasExecutableStack: (bytes.readUInt16LE(optional + 70) & NX_COMPATIBLE) === 0,
  };
}
