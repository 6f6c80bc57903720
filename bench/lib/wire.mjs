import { readFileSync } from 'node:fs'

/** The version of the wire protocol that is measured: figures of another one are shown to nobody. */
export const wire = Number(
  /wire protocol, version (\d+)/.exec(readFileSync(new URL('../../docs/wire-protocol.md', import.meta.url), 'utf8'))[1],
)
