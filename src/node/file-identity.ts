import { randomBytes } from 'node:crypto'
import { link, mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isP2PError, P2PError } from '../base/errors.js'
import { type Identity, identityFromSeed } from '../identity/identity.js'

/**
 * An identity whose 32-byte seed is kept in a file, as 64 hex digits, readable by its owner only (mode 0600). Made at the
 * first call, whole or not at all; a file that holds anything else is never overwritten.
 *
 * @throws P2PError IDENTITY_FAILED.
 * @example
 * const relay = await startRelay({ identity: await fileIdentity('/var/lib/relay/identity.key') })
 */
export async function fileIdentity(path: string): Promise<Identity> {
  try {
    const seed = (await readSeed(path)) ?? (await createSeed(path))
    const identity = identityFromSeed(seed)
    seed.fill(0)
    return identity
  } catch (error) {
    if (isP2PError(error)) throw error
    const why = (error as NodeJS.ErrnoException).code ?? 'unknown reason'
    throw new P2PError(
      'IDENTITY_FAILED',
      `The identity file ${path} cannot be read or made (${why}). Check the path and its permissions.`,
      {
        cause: error,
      },
    )
  }
}

async function readSeed(path: string): Promise<Uint8Array | undefined> {
  let text: string
  try {
    text = await readFile(path, 'latin1')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  if (!/^[0-9a-f]{64}\s*$/i.test(text)) {
    throw new P2PError(
      'IDENTITY_FAILED',
      `The identity file ${path} is not 64 hex digits. Restore it, or move it away to start with a new identity.`,
    )
  }
  return new Uint8Array(Buffer.from(text.trim(), 'hex'))
}

async function createSeed(path: string): Promise<Uint8Array> {
  const seed = new Uint8Array(randomBytes(32))
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  try {
    const file = await open(temporary, 'wx', 0o600)
    try {
      await file.writeFile(`${Buffer.from(seed).toString('hex')}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
    await publish(temporary, path)
    return seed
  } catch (error) {
    // Another process was first: its identity is the one.
    const other = (error as NodeJS.ErrnoException).code === 'EEXIST' ? await readSeed(path) : undefined
    if (other !== undefined) return other
    throw error
  } finally {
    await rm(temporary, { force: true })
  }
}

/** A hard link appears whole and fails where the name exists; some file systems have none. */
async function publish(temporary: string, path: string): Promise<void> {
  try {
    await link(temporary, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw error
    await rename(temporary, path)
  }
}
