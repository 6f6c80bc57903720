import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { P2PError } from '../../src/base/errors.js'
import { encodePeerId } from '../../src/identity/peer-id.js'
import { BLAME } from '../../src/protocol/blame.js'
import type { PeerInfo } from '../../src/protocol/peer-info.js'
import { PhaseMachine, type PhaseMachineOptions, type PhaseProgress } from '../../src/statements/phases.js'
import { VirtualClock } from '../../src/testing/index.js'

const PHASES = ['commit', 'reveal', 'sign']
const DEADLINE_MS = 30_000
const members = [1, 2, 3, 4].map((byte) => new Uint8Array(32).fill(byte))
const [self, ...others] = members as [Uint8Array, ...Uint8Array[]]
const idOf = encodePeerId

function machineOf(options: Partial<PhaseMachineOptions<string>> = {}) {
  const clock = new VirtualClock()
  const blamed: { peerId: string; cause: string }[] = []
  const peers = [{ peerId: 'relay' } as PeerInfo]
  const progress: PhaseProgress[] = []
  const begun: string[] = []
  const machine: PhaseMachine<string> = new PhaseMachine<string>({
    host: { clock, peers: () => peers, blame: (key, why) => void blamed.push({ peerId: idOf(key), cause: BLAME[why] }) },
    name: 'a test',
    self,
    members,
    phases: PHASES.map((name) => ({ name, deadlineMs: DEADLINE_MS })),
    onPhase: (phase) => {
      begun.push(phase)
      machine.received(phase, self, `${phase} of ours`)
    },
    onProgress: (step) => void progress.push(step),
    ...options,
  })
  const act = (phase: string, from: Uint8Array) => machine.received(phase, from, `${phase} of ${from[0]}`)
  return { clock, machine, blamed, peers, progress, begun, act }
}

describe('the phases of a protocol', () => {
  it('go on as soon as everybody has acted, and end with all items', async () => {
    const { machine, act, clock, blamed, begun, progress } = machineOf()
    const finished = machine.start()
    for (const phase of PHASES) for (const from of others) expect(act(phase, from)).toBe('accepted')
    const items = await finished
    expect([...items.keys()]).toEqual(PHASES)
    expect(items.get('reveal')!.get(idOf(others[0]!))).toBe('reveal of 2')
    expect(items.get('sign')!.size).toBe(4)
    expect(begun).toEqual(PHASES)
    expect(progress[1]).toEqual({
      phase: 'commit',
      done: 1,
      of: 4,
      missing: others.map(idOf),
      deadlineAt: clock.now() + DEADLINE_MS,
    })
    expect(blamed).toEqual([])
    expect(clock.pending).toBe(0)
    expect(machine.progress).toBeUndefined()
  })

  for (const phase of PHASES) {
    for (const [name, stalling] of [
      ...others.map((key): [string, Uint8Array[]] => [`peer ${key[0]}`, [key]]),
      ['two peers', others.slice(1)] as [string, Uint8Array[]],
    ]) {
      it(`end in "${phase}" at its deadline where ${name} stalled, and name and blame exactly that`, async () => {
        const { machine, act, clock, blamed } = machineOf()
        let error: unknown
        machine.start().catch((reason) => {
          error = reason
        })
        for (const step of PHASES) {
          await clock.advance(10_000)
          for (const from of others) if (step !== phase || !stalling.includes(from)) act(step, from)
          if (step === phase) break
        }
        // The phase began with the last act in the one before, 10 s ago.
        const { deadlineAt } = machine.progress!
        expect(deadlineAt - clock.now()).toBe(DEADLINE_MS - 10_000)
        await clock.advance(deadlineAt - clock.now() - 1)
        expect(error).toBeUndefined()
        await clock.advance(1)
        expect(error).toMatchObject({ code: 'PHASE_TIMEOUT', details: { phase, missing: stalling.map(idOf) } })
        expect(blamed).toEqual(stalling.map((key) => ({ peerId: idOf(key), cause: 'timeout' })))
        expect(machine.retryWithout()).toEqual(members.filter((key) => !stalling.includes(key)))
        expect(clock.pending).toBe(0)
        expect(act(phase, stalling[0]!)).toBe('late')
      })
    }
  }

  it('blame nobody where we slept: at the deadline, or before it', async () => {
    for (const [awake, asleep] of [
      [29_000, 60_000],
      [5_000, 10_000],
    ] as const) {
      const { machine, clock, blamed } = machineOf()
      const finished = machine.start()
      await clock.advance(awake)
      clock.sleep(asleep)
      await expect(clock.run(finished)).rejects.toMatchObject({ code: 'PHASE_TIMEOUT', details: { blamed: [] } })
      expect(blamed).toEqual([])
      // Another attempt is better made without them all the same.
      expect(machine.retryWithout()).toEqual([self])
      expect(clock.pending).toBe(0)
    }
  })

  it('give what lies unread after a sleep the time to be read', async () => {
    const { machine, clock, act } = machineOf()
    const finished = machine.start()
    await clock.advance(1_000)
    clock.sleep(3_600_000)
    await clock.advance(100)
    for (const phase of PHASES) for (const from of others) act(phase, from)
    await expect(finished).resolves.toBeInstanceOf(Map)
  })

  it('end, and blame nobody, in a tab whose every timer is late', async () => {
    const { machine, clock, blamed } = machineOf()
    let ended = false
    machine.start().catch(() => {
      ended = true
    })
    for (let minute = 0; minute < 4; minute++) {
      clock.sleep(60_000)
      await clock.advance(0)
    }
    expect(ended).toBe(true)
    expect(blamed).toEqual([])
  })

  it('blame nobody where we are offline, and never ourselves', async () => {
    const offline = machineOf()
    offline.peers.length = 0
    await expect(offline.clock.run(offline.machine.start())).rejects.toMatchObject({
      details: { missing: others.map(idOf), blamed: [] },
    })
    expect(offline.blamed).toEqual([])

    const idle = machineOf({ onPhase: () => {} })
    const finished = idle.machine.start()
    for (const from of others) idle.act('commit', from)
    await expect(idle.clock.run(finished)).rejects.toMatchObject({ details: { missing: [idOf(self)], blamed: [] } })
    expect(idle.blamed).toEqual([])
    expect(idle.machine.retryWithout()).toEqual(members)
  })

  it('take an agreement that is not reached in time for a deadline of those that it misses', async () => {
    const late = new P2PError('TIMEOUT', 'No agreement.', { details: { missing: [idOf(others[0]!)] } })
    const { machine, blamed } = machineOf({ onPhase: async () => Promise.reject(late) })
    await expect(machine.start()).rejects.toMatchObject({ code: 'PHASE_TIMEOUT', details: { missing: [idOf(others[0]!)] } })
    expect(blamed).toEqual([{ peerId: idOf(others[0]!), cause: 'timeout' }])
    expect(machine.retryWithout()).toEqual([self, ...others.slice(1)])
  })

  it('judge each item: early, duplicate, conflicting, late, unexpected', async () => {
    const { machine, act, clock, blamed } = machineOf({
      phases: [
        { name: 'commit', deadlineMs: 1_000 },
        { name: 'reveal', deadlineMs: 1_000, from: members.slice(0, 2) },
        { name: 'sign', deadlineMs: 1_000, from: (items) => (items.get('reveal')!.size === 2 ? members : []) },
      ],
    })
    const [two, three, four] = others as [Uint8Array, Uint8Array, Uint8Array]
    expect(act('commit', two)).toBe('early')
    const finished = machine.start()
    expect(act('commit', two)).toBe('duplicate')
    expect(machine.received('commit', two, 'something else')).toBe('conflict')
    expect(machine.received('commit', { publicKey: two }, 'again else')).toBe('conflict')
    expect(blamed).toEqual([{ peerId: idOf(two), cause: 'offence' }])
    expect(act('sign', three)).toBe('early')
    expect(act('dance', three)).toBe('unexpected')
    expect(act('commit', new Uint8Array(32).fill(9))).toBe('unexpected')
    expect(machine.received('commit', {}, 'x')).toBe('unexpected')
    expect(act('reveal', four)).toBe('early')
    act('commit', three)
    act('commit', four)
    expect(machine.progress).toMatchObject({ phase: 'reveal', missing: [idOf(two)] })
    expect(act('reveal', three)).toBe('unexpected')
    act('reveal', two)
    act('sign', two)
    act('sign', four)
    const items = await finished
    expect([...items.get('reveal')!.keys()]).toEqual([idOf(self), idOf(two)])
    expect(items.get('commit')!.get(idOf(two))).toBe('commit of 2')
    expect(act('sign', four)).toBe('late')
    expect(clock.pending).toBe(0)
  })

  it('end with a reason, blaming whom the protocol names', async () => {
    const { machine, blamed, clock } = machineOf()
    const finished = machine.start()
    machine.abort('a share does not verify', [others[1]!])
    machine.abort('too late', [others[2]!])
    await expect(finished).rejects.toMatchObject({ code: 'ABORTED', details: { blamed: [idOf(others[1]!)] } })
    expect(blamed).toEqual([{ peerId: idOf(others[1]!), cause: 'offence' }])
    expect(machine.retryWithout()).toEqual([self, others[0], others[2]])
    expect(clock.pending).toBe(0)
  })

  it('end by their signal, before or after the start', async () => {
    const stop = new AbortController()
    const running = machineOf({ signal: stop.signal })
    const waiting = machineOf({ signal: stop.signal })
    const finished = running.machine.start()
    stop.abort()
    await expect(finished).rejects.toMatchObject({ code: 'ABORTED' })
    await expect(waiting.machine.start()).rejects.toMatchObject({ code: 'ABORTED' })
    expect([...running.blamed, ...waiting.blamed]).toEqual([])
    expect(running.clock.pending + waiting.clock.pending).toBe(0)
  })

  it('end with what the author’s own code throws', async () => {
    const failing = machineOf({ onPhase: async () => Promise.reject(new Error('no nonce')) })
    await expect(failing.machine.start()).rejects.toMatchObject({ code: 'HANDLER_FAILED', cause: { message: 'no nonce' } })
    const stranger = machineOf({ phases: [{ name: 'x', deadlineMs: 1, from: [new Uint8Array(32).fill(9)] }] })
    await expect(stranger.machine.start()).rejects.toMatchObject({ code: 'INVALID_CONFIG' })
    const ending = machineOf({
      onProgress: ({ done }) => {
        if (done === 2) ending.machine.abort('enough')
      },
    })
    const finished = ending.machine.start()
    ending.act('commit', others[0]!)
    await expect(finished).rejects.toMatchObject({ code: 'ABORTED' })
    for (const { clock } of [failing, stranger, ending]) expect(clock.pending).toBe(0)
    expect(() => machineOf({ phases: [] })).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }))
  })

  it('in whatever order items come, repeated and early, end with all of them, or blame only those that owe', async () => {
    const step = fc.record({
      phase: fc.constantFrom(...PHASES),
      from: fc.constantFrom(...others),
      waitMs: fc.constantFrom(0, 0, 0, 500, 7_000),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.boolean(), async (steps, complete) => {
        const { machine, act, clock, blamed } = machineOf()
        const outcome = machine.start().then(
          (items) => ({ items }),
          (error) => ({ error }),
        )
        const said = new Set<string>()
        const whole = PHASES.flatMap((phase) => others.map((from) => ({ phase, from, waitMs: 0 })))
        for (const { phase, from, waitMs } of complete ? [...steps, ...whole] : steps) {
          await clock.advance(waitMs)
          const verdict = act(phase, from)
          expect(['accepted', 'early', 'duplicate', 'late']).toContain(verdict)
          if (verdict !== 'late') said.add(`${phase} ${idOf(from)}`)
        }
        const result = await clock.run(outcome)
        expect(clock.pending).toBe(0)
        if ('items' in result) {
          expect(blamed).toEqual([])
          for (const phase of PHASES) {
            expect(Object.fromEntries(result.items.get(phase)!)).toEqual(
              Object.fromEntries(members.map((key) => [idOf(key), key === self ? `${phase} of ours` : `${phase} of ${key[0]}`])),
            )
          }
        } else {
          const { phase } = result.error.details
          const owed = others.map(idOf).filter((id) => !said.has(`${phase} ${id}`))
          expect(owed.length).toBeGreaterThan(0)
          expect(blamed).toEqual(owed.map((peerId) => ({ peerId, cause: 'timeout' })))
        }
      }),
    )
  })
})
