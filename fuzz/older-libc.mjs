import { readFileSync, writeFileSync } from 'node:fs'

/**
 * Jazzer's binary for Linux is linked against glibc 2.38 and the libstdc++ of GCC 13; Debian 12 has 2.36 and GCC 12. It takes three
 * symbols from the newer ones, each of which has an elder with the same effect: C23's `strtol` and `strtoul` differ from the
 * older only in reading `0b1`, and what initialises the standard streams was the constructor of `ios_base::Init` before, which
 * does not touch its object.
 */
const ELDERS = new Map([
  ['__isoc23_strtol', 'strtol'],
  ['__isoc23_strtoul', 'strtoul'],
  ['_ZSt21ios_base_library_initv', '_ZNSt8ios_base4InitC1Ev'],
])
const NEWER = new Set(['GLIBC_2.38', 'GLIBCXX_3.4.32'])

/** Weak: the loader does not insist on the version (LSB, "Symbol Versioning"). */
const VER_FLG_WEAK = 2
/** The symbol of whatever version the library gives. */
const VER_NDX_GLOBAL = 1

/** Writes a copy of the addon that a system with the older libraries loads. @throws Error for an addon of another kind. */
export function forOlderLibc(from, to) {
  const elf = readFileSync(from)
  // ELF64, little-endian.
  if (elf.readUInt32BE(0) !== 0x7f454c46 || elf[4] !== 2 || elf[5] !== 1) throw new Error(`${from} is not an ELF64 file.`)
  const { symbols, strings, versions, needs } = sections(elf)
  const textAt = (offset) => elf.toString('latin1', offset, elf.indexOf(0, offset))
  const newer = new Set()
  for (const aux of neededVersions(elf, needs)) {
    if (!NEWER.has(textAt(strings.at + aux.name))) continue
    newer.add(aux.index)
    elf.writeUInt16LE(VER_FLG_WEAK, aux.flagsAt)
  }
  for (let i = 0; i * 24 < symbols.bytes; i++) {
    const version = versions.at + 2 * i
    if (!newer.has(elf.readUInt16LE(version))) continue
    const name = strings.at + elf.readUInt32LE(symbols.at + 24 * i)
    const elder = ELDERS.get(textAt(name))
    if (elder === undefined) throw new Error(`${from} needs ${textAt(name)}, which this system lacks.`)
    // A linker lets one string end in another: where the elder's name is the end of it, nothing is overwritten.
    if (textAt(name).endsWith(elder)) {
      elf.writeUInt32LE(name + textAt(name).length - elder.length - strings.at, symbols.at + 24 * i)
    } else elf.write(`${elder}\0`, name, 'latin1')
    elf.writeUInt16LE(VER_NDX_GLOBAL, version)
  }
  writeFileSync(to, elf)
}

function sections(elf) {
  const at = Number(elf.readBigUInt64LE(40))
  const [size, count, namesIndex] = [elf.readUInt16LE(58), elf.readUInt16LE(60), elf.readUInt16LE(62)]
  const section = (i) => {
    const head = at + i * size
    return {
      name: elf.readUInt32LE(head),
      at: Number(elf.readBigUInt64LE(head + 24)),
      bytes: Number(elf.readBigUInt64LE(head + 32)),
    }
  }
  const names = section(namesIndex)
  const found = (wanted) => {
    for (let i = 0; i < count; i++) {
      const each = section(i)
      if (elf.toString('latin1', names.at + each.name, elf.indexOf(0, names.at + each.name)) === wanted) return each
    }
    throw new Error(`There is no ${wanted}.`)
  }
  return {
    symbols: found('.dynsym'),
    strings: found('.dynstr'),
    versions: found('.gnu.version'),
    needs: found('.gnu.version_r'),
  }
}

/** Each version that is asked of each library. */
function* neededVersions(elf, needs) {
  for (let need = needs.at; ; ) {
    let aux = need + elf.readUInt32LE(need + 8)
    for (let i = elf.readUInt16LE(need + 2); i > 0; i--) {
      yield { flagsAt: aux + 4, index: elf.readUInt16LE(aux + 6), name: elf.readUInt32LE(aux + 8) }
      aux += elf.readUInt32LE(aux + 12)
    }
    const next = elf.readUInt32LE(need + 12)
    if (next === 0) return
    need += next
  }
}
