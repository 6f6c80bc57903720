import { describe, expect, it } from 'vitest'
import { Serial, SerialByKey } from '../../src/base/serial.js'

/** A task that notes when it begins, and ends when it is told. */
function setUp() {
  const begun: string[] = []
  const ends = new Map<string, { resolve: (value: string) => void; reject: (error: Error) => void }>()
  const task = (name: string) => () =>
    new Promise<string>((resolve, reject) => {
      begun.push(name)
      ends.set(name, { resolve, reject })
    })
  return {
    begun,
    task,
    end: (name: string) => ends.get(name)!.resolve(name),
    fail: (name: string) => ends.get(name)!.reject(new Error(name)),
  }
}

describe('Serial', () => {
  it('begins the first task at once, and each further one when the one before is done', async () => {
    const { begun, task, end } = setUp()
    const serial = new Serial()
    const results = [serial.run(task('a')), serial.run(task('b')), serial.run(task('c'))]
    expect(begun).toEqual(['a'])
    end('a')
    expect(await results[0]).toBe('a')
    await Promise.resolve()
    expect(begun).toEqual(['a', 'b'])
    end('b')
    await results[1]
    await Promise.resolve()
    end('c')
    expect(await results[2]).toBe('c')
  })

  it('goes on after a task that failed, which tells its own caller alone', async () => {
    const { begun, task, end, fail } = setUp()
    const serial = new Serial()
    const [first, second] = [serial.run(task('a')), serial.run(task('b'))]
    fail('a')
    await expect(first).rejects.toThrow('a')
    await Promise.resolve()
    expect(begun).toEqual(['a', 'b'])
    end('b')
    expect(await second).toBe('b')
  })

  it('is idle before the first task and after the last', async () => {
    const serial = new Serial()
    expect(serial.isIdle).toBe(true)
    const run = serial.run(async () => {})
    expect(serial.isIdle).toBe(false)
    await run
    await Promise.resolve()
    expect(serial.isIdle).toBe(true)
  })

  it('keeps a task in its place that is added by another', async () => {
    const order: string[] = []
    const serial = new Serial()
    let nested: Promise<void> | undefined
    const first = serial.run(async () => {
      order.push('a')
      nested = serial.run(async () => void order.push('c'))
    })
    const second = serial.run(async () => void order.push('b'))
    await Promise.all([first, second])
    await nested
    // The first begins before the second is added.
    expect(order).toEqual(['a', 'c', 'b'])
  })
})

describe('SerialByKey', () => {
  it('lets tasks of different keys run side by side, and keeps nothing of a key that has none', async () => {
    const { begun, task, end } = setUp()
    const lines = new SerialByKey()
    const results = [lines.run('x', task('a')), lines.run('x', task('b')), lines.run('y', task('c'))]
    expect(begun).toEqual(['a', 'c'])
    expect(lines.size).toBe(2)
    end('a')
    await results[0]
    await Promise.resolve()
    end('b')
    end('c')
    await Promise.all(results)
    await Promise.resolve()
    expect(lines.size).toBe(0)
  })

  it('keeps nothing of a key whose task has failed', async () => {
    const lines = new SerialByKey()
    await expect(lines.run('x', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    await Promise.resolve()
    expect(lines.size).toBe(0)
  })
})
