import { describe, expect, it } from 'vitest'
import { Lifecycle, type LifecycleSteps } from '../../src/core/lifecycle.js'

/** A lifecycle whose opening is settled by hand, and what it did. */
function made() {
  const done: string[] = []
  let settle!: { resolve(): void; reject(error: Error): void }
  const steps: LifecycleSteps = {
    open: () => {
      done.push('open')
      return new Promise((resolve, reject) => {
        settle = { resolve, reject }
      })
    },
    lead: async () => {},
    run: () => done.push('run'),
    rest: () => done.push('rest'),
  }
  const lifecycle = new Lifecycle(steps)
  return { lifecycle, done, opened: () => settle.resolve(), failed: (error: Error) => settle.reject(error) }
}
const outcome = (promise: Promise<void>) =>
  promise.then(
    () => 'ran',
    (error) => error.code ?? error.message,
  )

describe('the lifecycle', () => {
  it('opens once for all who want to run, and runs once', async () => {
    const { lifecycle, done, opened } = made()
    const waits = [lifecycle.run(), lifecycle.run()]
    expect(lifecycle.phase).toBe('opening')
    opened()
    await Promise.all(waits)
    await lifecycle.run()
    expect(done).toEqual(['open', 'run'])
    expect(lifecycle.phase).toBe('running')
  })

  it('is idle again after a failed opening, and opens anew', async () => {
    const { lifecycle, done, opened, failed } = made()
    const first = outcome(lifecycle.run())
    failed(new Error('the signer is away'))
    expect(await first).toBe('the signer is away')
    expect(lifecycle.phase).toBe('idle')
    const second = outcome(lifecycle.run())
    opened()
    expect(await second).toBe('ran')
    expect(done).toEqual(['open', 'open', 'run'])
  })

  it('ends every wait at once when it is closed, though opening never ends', async () => {
    const { lifecycle } = made()
    const wait = outcome(lifecycle.run())
    lifecycle.close()
    expect(await wait).toBe('SHUT_DOWN')
    expect(await outcome(lifecycle.run())).toBe('SHUT_DOWN')
    lifecycle.suspend()
    expect(lifecycle.phase).toBe('closed')
  })

  it('does not run what was closed while it opened', async () => {
    const { lifecycle, done, opened } = made()
    const wait = outcome(lifecycle.run())
    lifecycle.close()
    opened()
    expect(await wait).toBe('SHUT_DOWN')
    await Promise.resolve()
    expect(done).toEqual(['open'])
  })

  it('refuses to run while suspended, and comes back', async () => {
    const { lifecycle, done, opened } = made()
    const wait = lifecycle.run()
    opened()
    await wait
    lifecycle.suspend()
    lifecycle.suspend()
    expect(await outcome(lifecycle.run())).toBe('SUSPENDED')
    await lifecycle.resume()
    await lifecycle.resume()
    expect(done).toEqual(['open', 'run', 'rest', 'run'])
  })

  it('may be suspended and resumed while it opens, and runs once', async () => {
    const { lifecycle, done, opened } = made()
    const first = outcome(lifecycle.run())
    lifecycle.suspend()
    expect(await first).toBe('SUSPENDED')
    const second = outcome(lifecycle.resume())
    opened()
    expect(await second).toBe('ran')
    expect(done).toEqual(['open', 'rest', 'run'])
  })

  it('may be suspended before it has run: nothing opens until it is resumed', async () => {
    const { lifecycle, done, opened } = made()
    lifecycle.suspend()
    expect(await outcome(lifecycle.run())).toBe('SUSPENDED')
    expect(done).toEqual([])
    const wait = outcome(lifecycle.resume())
    opened()
    expect(await wait).toBe('ran')
    expect(done).toEqual(['open', 'run'])
  })

  it('lets one caller give up by its signal, and leaves nothing behind', async () => {
    const { lifecycle, opened } = made()
    const end = new AbortController()
    const [given, kept] = [outcome(lifecycle.run(end.signal)), outcome(lifecycle.run())]
    end.abort()
    expect(await given).toBe('ABORTED')
    expect(await outcome(lifecycle.run(end.signal))).toBe('ABORTED')
    opened()
    expect(await kept).toBe('ran')
  })
})
