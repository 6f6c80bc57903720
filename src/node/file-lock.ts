import { randomBytes } from 'node:crypto'
import { link, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { hostname, uptime } from 'node:os'
import { dirname } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { P2PError } from '../base/errors.js'
import { systemRandom } from '../base/random.js'

/** A lock is held for the milliseconds of one write. One that is held for so long is not waited for. */
const PATIENCE_MS = 10_000
const RETRY_MS = 5

/** Who holds a lock. */
interface Holder {
  readonly token: string
  readonly pid: number
  readonly host: string
  /** Milliseconds since the Unix epoch. */
  readonly since: number
}

/** Stands for the token of a lock that names nobody. */
const NOBODY = 'nobody'

/**
 * Runs some work while no other process does, of all that lock this path. The lock is a file that only one can make (`link`). It names its
 * holder, so that one that a crash has left behind is known, and broken.
 *
 * @throws P2PError STORAGE_FAILED where another process holds the lock for ten seconds, and what the work throws.
 */
export async function whileLocked<T>(path: string, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true })
  const me: Holder = { token: randomBytes(9).toString('hex'), pid: process.pid, host: hostname(), since: Date.now() }
  const until = performance.now() + PATIENCE_MS
  while (!(await make(path, me))) {
    const other = await holderOf(path)
    if (other === undefined) continue
    if (isDead(other)) await breakLock(path, other)
    else if (performance.now() > until) throw heldTooLong(path, other)
    else await pause(RETRY_MS * (1 + systemRandom.unit()))
  }
  try {
    return await work()
  } finally {
    // Whoever took it for that of a dead process may have made another one.
    await remove(path, me)
  }
}

/** Makes the lock, with its holder's name in it from the first moment on. @returns false where it is there already. */
async function make(path: string, holder: Holder): Promise<boolean> {
  const draft = `${path}.${holder.token}.tmp`
  await writeFile(draft, JSON.stringify(holder), { flag: 'wx', mode: 0o600 })
  try {
    await link(draft, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    await rm(draft, { force: true })
  }
}

/** @returns undefined where nobody holds it any more. @throws what reading fails with. */
async function holderOf(path: string): Promise<Holder | undefined> {
  try {
    const text = await readFile(path, 'utf8')
    return readHolder(text) ?? { token: NOBODY, pid: 0, host: '', since: (await stat(path)).mtimeMs }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** @returns undefined for what no process has written: a machine that loses its power can leave the name of a file without its bytes. */
function readHolder(text: string): Holder | undefined {
  try {
    const holder = JSON.parse(text) as Partial<Holder> | null
    const { token, pid, host, since } = holder ?? {}
    const isHolder = typeof token === 'string' && /^[0-9a-f]+$/.test(token) && typeof host === 'string'
    return isHolder && Number.isSafeInteger(pid) && typeof since === 'number' ? (holder as Holder) : undefined
  } catch {
    return undefined
  }
}

/** Whether no process has the lock any more that this holder has made. Of another machine nothing is known. */
function isDead({ token, pid, host, since }: Holder): boolean {
  const ageMs = Date.now() - since
  if (token === NOBODY) return Math.abs(ageMs) > PATIENCE_MS
  if (host !== hostname()) return false
  // A process of before had our number, as the first one of a container has; or the machine has started since.
  if (ageMs > (pid === process.pid ? process.uptime() : uptime()) * 1_000) return true
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

/**
 * Takes away the lock of a dead process. Whoever has the right to that, of which there is one for each token, finds either the dead
 * holder's lock, which nobody else takes away, or another one, which stays.
 */
async function breakLock(path: string, dead: Holder): Promise<void> {
  await whileLocked(`${path}.${dead.token}`, () => remove(path, dead))
}

/** Removes a lock, unless it is another holder's. */
async function remove(path: string, { token, since }: Holder): Promise<void> {
  const holder = await holderOf(path)
  if (holder?.token === token && holder.since === since) await rm(path, { force: true })
}

function heldTooLong(path: string, { pid, host }: Holder): P2PError {
  return new P2PError(
    'STORAGE_FAILED',
    `Process ${pid} of ${host} has held the lock ${path} for ten seconds. If it does not run any more, delete this file.`,
  )
}
