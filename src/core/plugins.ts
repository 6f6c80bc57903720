import { asP2PError, P2PError } from '../base/errors.js'
import type { Unsubscribe } from '../base/events.js'
import type { Limits } from '../base/limits.js'
import type { PeerInfo } from '../protocol/peer-info.js'
import { withLimits } from './config.js'
import type { LifecycleHooks, PeerListener, PeerResolver, Plugin, PluginKit } from './plugin.js'

/** The plugins of one coordinator: attaches them, and tells them of peers and of the coordinator's life. */
export class Plugins {
  readonly resolvers: PeerResolver[] = []
  private readonly attached = new Map<string, object>()
  private readonly peers = new Set<PeerListener>()
  private readonly hooks = new Set<LifecycleHooks>()
  private readonly readers = new Map<string, () => object>()

  /** @param report takes what a listener or a hook of a plugin failed with. */
  constructor(
    private readonly kit: PluginKit & { limits: Limits },
    private readonly report: (error: P2PError) => void,
  ) {}

  onPeer(listener: PeerListener): Unsubscribe {
    return added(this.peers, listener)
  }

  onLifecycle(hooks: LifecycleHooks): Unsubscribe {
    return added(this.hooks, hooks)
  }

  addStats(name: string, read: () => object): void {
    this.readers.set(name, read)
  }

  /** The members of a plugin, once it is attached. */
  get(name: string): object | undefined {
    return this.attached.get(name)
  }

  /**
   * Attaches a plugin. Its members become members of `target`.
   *
   * @returns the hooks that it has added.
   * @throws P2PError INVALID_CONFIG for a name that is taken, a plugin that is needed and missing, or a member that exists already;
   * or what the plugin throws.
   */
  attach(plugin: Plugin, target: object): LifecycleHooks[] {
    const { name, needs = [] } = plugin
    if (typeof name !== 'string' || name === '' || name.length > 64) throw invalidPlugin('needs a name of 1 to 64 characters')
    if (this.attached.has(name)) throw invalidPlugin(`"${name}" is attached already`)
    const missing = needs.filter((other) => !this.attached.has(other))
    if (missing.length > 0) throw invalidPlugin(`"${name}" needs ${missing.join(', ')}, which must come before it`)
    // Of a plugin that was not configured at construction, the limits have their defaults.
    this.kit.limits = withLimits(this.kit.limits, plugin.limits)
    const before = new Set(this.hooks)
    const api: object = plugin.attach(this.kit) ?? {}
    for (const [member, value] of Object.entries(api)) {
      if (member in target) throw invalidPlugin(`"${name}" brings "${member}", which the coordinator has already`)
      Object.defineProperty(target, member, { value, enumerable: true })
    }
    this.attached.set(name, api)
    return [...this.hooks].filter((hooks) => !before.has(hooks))
  }

  /** Calls one hook of all plugins, or of those given. */
  run(name: keyof LifecycleHooks, reason?: string, which: Iterable<LifecycleHooks> = this.hooks): void {
    for (const hooks of [...which]) this.fenced(() => (hooks[name] as ((reason?: string) => unknown) | undefined)?.(reason))
  }

  peerConnected(peer: PeerInfo): void {
    for (const listener of [...this.peers]) this.fenced(() => listener.connected?.(peer))
  }

  peerDisconnected(peer: PeerInfo): void {
    for (const listener of [...this.peers]) this.fenced(() => listener.disconnected?.(peer))
  }

  peerDescribed(peer: PeerInfo): void {
    for (const listener of [...this.peers]) this.fenced(() => listener.described?.(peer))
  }

  pathChanged(peer: PeerInfo, from: string): void {
    for (const listener of [...this.peers]) this.fenced(() => listener.pathChanged?.(peer, from))
  }

  /** The sections that plugins add to `getStats`. */
  readStats(): Record<string, object> {
    return Object.fromEntries([...this.readers].map(([name, read]) => [name, read()]))
  }

  /** What a plugin does wrong harms neither the coordinator nor another plugin. */
  private fenced(call: () => unknown): void {
    const failed = (error: unknown) => this.report(asP2PError(error, 'LISTENER_FAILED', 'A plugin failed.'))
    try {
      const result = call()
      if (result instanceof Promise) result.catch(failed)
    } catch (error) {
      failed(error)
    }
  }
}

function added<T>(set: Set<T>, item: T): Unsubscribe {
  set.add(item)
  return () => void set.delete(item)
}

function invalidPlugin(why: string): P2PError {
  return new P2PError('INVALID_CONFIG', `A plugin ${why}.`, { details: { option: 'plugins' } })
}
