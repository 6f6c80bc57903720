import type { Unsubscribe } from '../base/events.js'
import type { ApisOf, Plugin, PluginEvents, PluginStats } from './plugin.js'

type Args<Events, Name extends keyof Events> = Events[Name] extends unknown[] ? Events[Name] : never

/** What a coordinator's events and statistics look like with those of its plugins. */
export interface Typed<Events, Stats> {
  /** Calls the listener at each event of this name. @returns ends it. */
  on<Name extends keyof Events>(event: Name, listener: (...args: Args<Events, Name>) => void): Unsubscribe
  /** As `on`, for the first event only. */
  once<Name extends keyof Events>(event: Name, listener: (...args: Args<Events, Name>) => void): Unsubscribe
  /** Ends the calls of a listener. */
  off<Name extends keyof Events>(event: Name, listener: (...args: Args<Events, Name>) => void): void
  /** Counts of peers, traffic, records and defences, and a section for each plugin that has one. */
  getStats(): Stats
}

/** A coordinator of some kind with the members, events and statistics that a list of plugins adds. */
export type WithPlugins<Coordinator, Events, Stats, P extends readonly Plugin[]> = Omit<
  Coordinator,
  keyof Typed<Events, Stats> | 'use'
> &
  ApisOf<P> &
  Typed<Events & PluginEvents<P>, Stats & PluginStats<P>> & {
    /**
     * Attaches a plugin, and starts it where the coordinator runs already.
     *
     * @returns this coordinator, with the members, events and statistics that the plugin brings.
     * @throws P2PError INVALID_CONFIG, SHUT_DOWN, or what the plugin throws.
     */
    use<Added extends Plugin>(plugin: Added): Promise<WithPlugins<Coordinator, Events, Stats, readonly [...P, Added]>>
  }
