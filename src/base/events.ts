import mitt, { type Emitter } from 'mitt'
import { P2PError } from './errors.js'
import { fenced } from './fenced.js'
import { LazyMap } from './lazy-map.js'

/** Stops a listener. Calling it twice does no harm. */
export type Unsubscribe = () => void

/** @throws P2PError INVALID_CONFIG for a listener that is no function: it would fail at the first event only. */
export function checkListener(call: string, listener: unknown): void {
  if (typeof listener !== 'function') throw new P2PError('INVALID_CONFIG', `${call} needs a listener, which is a function.`)
}

type Listener<Args extends unknown[]> = (...args: Args) => void

/**
 * Typed events with any number of arguments over mitt. A listener that throws, or whose promise rejects, is reported to
 * `onListenerError` and never disturbs the others.
 */
export class TypedEvents<Events extends { [Name in keyof Events]: unknown[] }> {
  /** Made with the first listener, for many coordinators have none. */
  private emitter: Emitter<Record<keyof Events & string, unknown[]>> | undefined = undefined
  /** What the listeners of the event that is being emitted have returned. */
  private running: unknown[] = []
  private readonly wrapped = new LazyMap<string, Map<unknown, (args: unknown[]) => void>>()

  constructor(private readonly onListenerError: (error: unknown, event: keyof Events & string) => void) {}

  on<Name extends keyof Events & string>(event: Name, listener: Listener<Events[Name]>): Unsubscribe {
    const known = this.wrapped.get(event) ?? new Map()
    this.wrapped.set(event, known)
    if (known.has(listener)) return () => this.off(event, listener)
    const failed = (error: unknown) => this.onListenerError(error, event)
    const wrapper = (args: unknown[]) => {
      let result: unknown
      fenced(
        () => {
          result = (listener as (...args: unknown[]) => unknown)(...args)
          return result
        },
        (error) => {
          failed(error)
          if (result !== undefined) return
          // It has thrown at once: as one that rejects, of which is told already.
          const rejected = Promise.reject(error)
          rejected.catch(() => {})
          result = rejected
        },
      )
      this.running.push(result)
    }
    known.set(listener, wrapper)
    this.emitter ??= mitt()
    this.emitter.on(event, wrapper)
    return () => this.off(event, listener)
  }

  once<Name extends keyof Events & string>(event: Name, listener: Listener<Events[Name]>): Unsubscribe {
    const first: Listener<Events[Name]> = (...args) => {
      this.off(event, first)
      return listener(...args)
    }
    return this.on(event, first)
  }

  off<Name extends keyof Events & string>(event: Name, listener: Listener<Events[Name]>): void {
    const wrapper = this.wrapped.get(event)?.get(listener)
    if (wrapper === undefined) return
    this.wrapped.get(event)?.delete(listener)
    this.emitter?.off(event, wrapper)
  }

  /** @returns what each listener has returned; of one that has thrown, a promise that is rejected. */
  emit<Name extends keyof Events & string>(event: Name, ...args: Events[Name]): unknown[] {
    const outer = this.running
    const running: unknown[] = []
    this.running = running
    this.emitter?.emit(event, args)
    this.running = outer
    return running
  }

  hasListeners(event: keyof Events & string): boolean {
    return (this.wrapped.get(event)?.size ?? 0) > 0
  }

  clear(): void {
    this.emitter?.all.clear()
    this.wrapped.clear()
  }
}
