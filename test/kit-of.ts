import type { PluginKit } from '../src/core/plugin.js'
import type { Plugin } from '../src/index.js'

interface Attaching {
  use(plugin: Plugin): Promise<unknown>
}

const kits = new WeakMap<object, Promise<PluginKit>>()

/** What plugins of a coordinator work with: it speaks the protocols of the SDK, which applications cannot. */
export function kitOf(peer: Attaching): Promise<PluginKit> {
  let kit = kits.get(peer)
  if (kit === undefined) {
    kit = attached(peer)
    kits.set(peer, kit)
  }
  return kit
}

async function attached(peer: Attaching): Promise<PluginKit> {
  let kit: PluginKit | undefined
  const attach = (given: PluginKit) => {
    kit = given
    return {}
  }
  await peer.use({ name: 'by-hand', attach })
  return kit!
}
