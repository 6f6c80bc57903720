// Which wallet this tab is. A reload keeps it; two tabs never share one.

const KEY = 'lotus-demo-wallet'
/** Wallets that tabs take in turn before names become random; each is one key in IndexedDB. */
const MAX_NUMBERED = 32
/** How long a page that is being reloaded may need to let go of its lock. */
const RELOAD_GRACE_MS = 500

/**
 * The name of this tab's stored identity. Session storage remembers it over a reload. A duplicated tab copies session storage,
 * so a Web Lock, held as long as the page lives, tells who was first; the other takes the first wallet that is free.
 */
export async function claimWallet() {
  const remembered = sessionStorage.getItem(KEY)
  const name = await firstFree(remembered)
  sessionStorage.setItem(KEY, name)
  return name
}

async function firstFree(remembered) {
  // Pages that are neither HTTPS nor localhost have no locks.
  if (navigator.locks === undefined) return remembered ?? randomName()
  if (remembered !== null && (await hold(remembered, { signal: AbortSignal.timeout(RELOAD_GRACE_MS) }))) return remembered
  for (let number = 1; number <= MAX_NUMBERED; number++) {
    if (await hold(`wallet-${number}`, { ifAvailable: true })) return `wallet-${number}`
  }
  return randomName()
}

/** True once the lock is ours; it is let go of when the page ends. */
function hold(name, options) {
  return new Promise((resolve) => {
    navigator.locks
      .request(`${KEY}:${name}`, options, (lock) => {
        resolve(lock !== null)
        return lock === null ? undefined : new Promise(() => {})
      })
      .catch(() => resolve(false))
  })
}

function randomName() {
  return `wallet-${Array.from(crypto.getRandomValues(new Uint32Array(2)), (number) => number.toString(36)).join('')}`
}

/** The display name the user gave this wallet, if any. */
export function chosenName(wallet) {
  return localStorage.getItem(`${KEY}:${wallet}:name`) ?? undefined
}

export function keepName(wallet, name) {
  localStorage.setItem(`${KEY}:${wallet}:name`, name)
}
