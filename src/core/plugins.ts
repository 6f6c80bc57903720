import { appended } from '../base/appended.js'
import { asP2PError, P2PError } from '../base/errors.js'
import type { Unsubscribe } from '../base/events.js'
import { fenced } from '../base/fenced.js'
import type { Limits } from '../base/limits.js'
import { setOwn } from '../base/own.js'
import type { PeerInfo } from '../protocol/peer-info.js'
import { withLimits } from './config.js'
import type { LifecycleHooks, PeerListener, PeerResolver, Plugin, PluginKit } from './plugin.js'

const NO_MEMBERS = /* @__PURE__ */ Object.freeze({})

/** The plugins of one coordinator: attaches them, and tells them of peers and of the coordinator's life. */
export class Plugins {
  // Lists are replaced, never changed in place: one that grows in place has room for sixteen more, and a Map takes three times as much.
  resolvers: readonly PeerResolver[] = []
  /** The plugins' names, and the members of each. */
  private names: readonly string[] = []
  private members: readonly object[] = []
  private peers: readonly PeerListener[] = []
  private hooks: readonly LifecycleHooks[] = []
  private readers: readonly { readonly name: string; readonly read: () => object | undefined }[] = []
  /** How to take back what the plugin that is being attached has done so far. */
  private undo: (() => void)[] | undefined

  /** @param report takes what a listener or a hook of a plugin failed with. */
  constructor(
    private readonly kit: PluginKit & { limits: Limits },
    private readonly report: (error: P2PError) => void,
  ) {}

  /** @param connected the peers that are there already: the listener is told of each. */
  onPeer(listener: PeerListener, connected: readonly PeerInfo[]): Unsubscribe {
    this.peers = appended(this.peers, listener)
    const stop = () => {
      this.peers = this.peers.filter((known) => known !== listener)
    }
    this.undoable(stop)
    for (const peer of connected) this.fenced(() => listener.connected?.(peer))
    return stop
  }

  onLifecycle(hooks: LifecycleHooks): Unsubscribe {
    this.hooks = appended(this.hooks, hooks)
    const stop = () => {
      this.hooks = this.hooks.filter((known) => known !== hooks)
    }
    this.undoable(stop)
    return stop
  }

  addResolver(resolver: PeerResolver): void {
    this.resolvers = appended(this.resolvers, resolver)
    this.undoable(() => {
      this.resolvers = this.resolvers.filter((known) => known !== resolver)
    })
  }

  addStats(name: string, read: () => object | undefined): void {
    const reader = { name, read }
    this.readers = appended(this.readers, reader)
    this.undoable(() => {
      this.readers = this.readers.filter((known) => known !== reader)
    })
  }

  /** The members of a plugin, once it is attached. */
  get(name: string): object | undefined {
    return this.members[this.names.indexOf(name)]
  }

  /**
   * Attaches a plugin. Its members become members of `target`.
   *
   * @returns the hooks that it has added.
   * @throws P2PError INVALID_CONFIG for a name that is taken, a plugin that is needed and missing, or a member that exists already;
   * or what the plugin throws.
   */
  attach(plugin: Plugin, target: object): LifecycleHooks[] {
    const { name, needs = [] } = plugin ?? {}
    if (typeof plugin?.attach !== 'function' || typeof name !== 'string' || name === '' || name.length > 64) {
      throw invalidPlugin('must have attach and a name of 1 to 64 characters')
    }
    if (this.names.includes(name)) throw invalidPlugin(`"${name}" is attached already`)
    const missing = needs.filter((other) => !this.names.includes(other))
    if (missing.length > 0) throw invalidPlugin(`"${name}" needs ${missing.join(', ')} before it`)
    // Of a plugin that was not configured at construction, the limits have their defaults.
    this.kit.limits = withLimits(this.kit.limits, plugin.limits)
    const before = this.hooks
    const undo: (() => void)[] = []
    this.undo = undo
    try {
      const members = membersOf(plugin, this.kit, target)
      for (const [member, value] of members) Object.defineProperty(target, member, { value, enumerable: true })
      this.members = appended(this.members, members.length > 0 ? Object.fromEntries(members) : NO_MEMBERS)
      this.names = appended(this.names, name)
    } catch (error) {
      // All of it or nothing: the application may try again.
      for (const step of undo.reverse()) this.fenced(step)
      throw error
    } finally {
      this.undo = undefined
    }
    return this.hooks.filter((hooks) => !before.includes(hooks))
  }

  /** Notes how to take back what the plugin that is being attached has just done. */
  undoable(step: () => void): void {
    this.undo?.push(step)
  }

  /** Calls one hook of all plugins, or of those given. */
  run(name: keyof LifecycleHooks, reason?: unknown, which: readonly LifecycleHooks[] = this.hooks): void {
    for (const hooks of which) this.fenced(() => (hooks[name] as ((reason?: unknown) => unknown) | undefined)?.(reason))
  }

  /** Waits until all plugins let this process run. @throws what one of them refuses with. */
  async lead(): Promise<void> {
    for (const { lead } of this.hooks) await lead?.()
  }

  /** Whether others wait for what a plugin does. */
  get isHeld(): boolean {
    return [...this.hooks].some((hooks) => hooks.holds?.())
  }

  /** Tells all listeners of one peer. @param args the peer, and the path before where it has changed. */
  tell(name: keyof PeerListener, ...args: [peer: PeerInfo, from?: string]): void {
    for (const listener of this.peers) this.fenced(() => listener[name]?.(...(args as [PeerInfo, string])))
  }

  /** The sections that plugins add to `getStats`. */
  readStats(): Record<string, object> {
    const sections: Record<string, object> = {}
    for (const { name, read } of this.readers) {
      this.fenced(() => {
        const section = read()
        if (section !== undefined) setOwn(sections, name, section)
      })
    }
    return sections
  }

  /** What a plugin does wrong harms neither the coordinator nor another plugin. */
  fenced(call: () => unknown): void {
    fenced(call, (error) => this.report(asP2PError(error, 'LISTENER_FAILED', 'A plugin failed.')))
  }
}

/** The members that a plugin brings. @throws P2PError INVALID_CONFIG where one cannot be; or what the plugin throws. */
function membersOf(plugin: Plugin, kit: PluginKit, target: object): [name: string, value: unknown][] {
  const { name } = plugin
  const api: unknown = plugin.attach(kit) ?? {}
  if (typeof (api as Partial<Promise<object>>).then === 'function') {
    Promise.resolve(api).catch(() => {})
    throw invalidPlugin(`"${name}" has an async attach; use its start hook`)
  }
  const members = Object.entries(api as object)
  for (const [member] of members) {
    // A coordinator with a member `then` could not be awaited.
    if (member in target || member === 'then')
      throw invalidPlugin(`"${name}" brings "${member}", which the coordinator cannot have`)
  }
  return members
}

/** What the application calls is brought by a plugin that it has not attached. */
export function needsPlugin(what: string, plugin: string): P2PError {
  return new P2PError('INVALID_CONFIG', `${what} needs the plugin ${plugin}().`, { details: { option: 'plugins', plugin } })
}

function invalidPlugin(why: string): P2PError {
  return new P2PError('INVALID_CONFIG', `A plugin ${why}.`, { details: { option: 'plugins' } })
}
