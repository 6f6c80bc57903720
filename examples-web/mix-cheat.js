// A member that does not play by the rules, in one phase of its first attempt: to see how the others find it out. It changes what the wallet
// would say; nothing in lotus-p2p helps it.

/** By phase, what it does. */
export const CHEATS = {
  register: 'registers a coin that is not its own',
  keys: 'sends garbage for its keys',
  commit: 'commits to one vector and opens another',
  vector: 'disturbs the sum',
  end: 'gives a signature that does not hold',
  silence: 'says nothing at the commitment',
}

const ELEMENT_BYTES = [25, 38]
const flipped = (bytes) => bytes.map((byte, i) => (i === 40 % bytes.length ? byte ^ 1 : byte))

let honestRun

/**
 * @param sdk what lotus-p2p/statements exports. @param cheat one of `CHEATS`, or nothing: honest again. @param outputType of the pool.
 * @returns a plugin for `network.plugins` of CoinJoin.
 */
export function cheater({ Statements }, cheat, outputType = 0) {
  return {
    name: 'cheater',
    attach({ identity }) {
      honestRun ??= Statements.prototype.run
      Statements.prototype.run = function (options) {
        if (!cheat) return honestRun.call(this, options)
        return honestRun.call(this, {
          ...options,
          async say(phase, items) {
            const honest = await options.say(phase, items)
            if (options.attempt > 1 || honest === undefined) return honest
            if (cheat === 'silence') return phase === 'commit' ? undefined : honest
            if (cheat === 'vector') {
              // Each wallet of the demo has one output.
              const garbage = new Uint8Array(options.members.length * ELEMENT_BYTES[outputType]).fill(1)
              if (phase === 'commit') return commitment(options.session, identity.publicKey, garbage)
              return phase === 'vector' ? garbage : honest
            }
            if (phase !== cheat) return honest
            return cheat === 'keys' ? honest.map(() => 7) : flipped(honest)
          },
        })
      }
      return {}
    },
  }
}

/** BIP340's tagged hash of attempt, member and vector: see docs/coinjoin.md. */
async function commitment(session, member, vector) {
  const hash = async (...parts) => new Uint8Array(await crypto.subtle.digest('SHA-256', await new Blob(parts).arrayBuffer()))
  const tag = await hash(new TextEncoder().encode('lotus-p2p/coinjoin/vector/1'))
  const attempt = Uint8Array.from(session.match(/../g), (pair) => Number.parseInt(pair, 16))
  return hash(tag, tag, attempt, member, vector)
}
