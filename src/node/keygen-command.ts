import { randomBytes } from 'node:crypto'
import { open } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { printable } from '../base/text.js'
import { identityFromSeed, identityReady } from '../identity/identity.js'
import { encodePeerId } from '../identity/peer-id.js'
import { encodeNkeySeed, encodeNkeyUser } from './nkey.js'

const USAGE = `Usage: lotus-p2p keygen [file] [--nkey]

Makes the key of a relay, 64 hex digits, for lotus-p2p relay --identity <file>. All processes of a relay have the same one. It is written into a
file that only its owner can read, which must not be there yet; without one it is printed, for what keeps secrets: lotus-p2p keygen | vault …
The peer id, which is no secret, is told beside it.

  --nkey    makes the nkey of one process at its NATS servers instead (the seed, SU…); its public half, U…, belongs into nats.conf
`

/**
 * The command `lotus-p2p keygen`.
 *
 * @param args what stands behind `keygen`.
 * @param say writes a line for whoever takes the key, `complain` one for people.
 * @returns the exit code: 0, 1 where the file cannot be made, 2 where the call is wrong.
 */
export async function keygen(
  args: readonly string[],
  say: (line: string) => void,
  complain: (lines: string) => void,
): Promise<number> {
  let nkey: boolean
  let file: string | undefined
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { nkey: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false } },
    })
    if (values.help) {
      say(USAGE.trimEnd())
      return 0
    }
    if (positionals.length > 1) throw new Error('keygen makes one key, in one file.')
    nkey = values.nkey
    file = positionals[0]
  } catch (error) {
    complain(`Usage: lotus-p2p keygen [file] [--nkey]\n${(error as Error).message}`)
    return 2
  }
  const seed = new Uint8Array(randomBytes(32))
  const identity = identityFromSeed(seed)
  await identityReady(identity)
  const secret = nkey ? encodeNkeySeed(seed) : Buffer.from(seed).toString('hex')
  const told = nkey ? `public nkey ${encodeNkeyUser(identity.publicKey)}` : `peer id ${encodePeerId(identity.publicKey)}`
  seed.fill(0)
  if (file === undefined) say(secret)
  else {
    try {
      await writeSecret(file, secret)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      const why =
        code === 'EEXIST' ? 'There is such a file. It stays as it is; choose another name' : `It cannot be made (${code})`
      complain(`lotus-p2p: ${printable(file, 256)}: ${why}.`)
      return 1
    }
  }
  complain(told)
  return 0
}

/** On the disk before it is told of: a key that is used and then lost is gone. */
async function writeSecret(path: string, secret: string): Promise<void> {
  const handle = await open(path, 'wx', 0o600)
  try {
    await handle.writeFile(`${secret}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
}
