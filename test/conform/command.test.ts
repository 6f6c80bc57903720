import { afterEach, expect, test } from 'vitest'
import { conform } from '../../src/node/conform/command.js'
import { UNOBSERVABLE } from '../../src/node/conform/unobservable.js'
import { type ModelOptions, ModelPeer } from './model/model-peer.js'

const models: ModelPeer[] = []
afterEach(() => {
  for (const model of models.splice(0)) model.stop()
})

async function model(options: ModelOptions = {}): Promise<string> {
  const started = new ModelPeer(options)
  models.push(started)
  return started.start()
}

async function called(...args: string[]) {
  const said: string[] = []
  const complained: string[] = []
  const code = await conform(
    args,
    (line) => said.push(line),
    (line) => complained.push(line),
  )
  return { code, said, complained: complained.join('\n') }
}

test('a table tells each clause, what was seen, and the sum', async () => {
  const { code, said } = await called(await model(), '--only', 'H-9', '--only', 'F-8', '--only', 'H-18')
  expect(code).toBe(0)
  expect(said).toEqual([
    'F-8   passed          none of those offered',
    'H-9   passed          16 bytes, the same twice',
    'H-18  not observable  the target is not under load',
    '',
    '2 passed, 0 failed, 1 not observable',
  ])
})

test('a broken clause is told with what was due, and the exit code is 1', async () => {
  const { code, said } = await called(await model({ fault: 'H-9' }), '--only', 'H-9')
  expect(code).toBe(1)
  const line = 'H-9   failed          has one session id of 16 bytes in all its handshakes: two handshakes, two session ids'
  expect(said).toEqual([line, '', line, '', '0 passed, 1 failed, 0 not observable'])
})

test('--json gives an object for each clause, --verbose the clauses that nobody can see', async () => {
  const { said } = await called(await model(), '--only', 'F', '--json', '--verbose')
  const results = said.map((line) => JSON.parse(line) as { clause: string; outcome: string; seen: string })
  expect(results).toContainEqual({
    clause: 'F-9',
    title: '',
    outcome: 'not observable',
    seen: UNOBSERVABLE['F-9'],
    ms: 0,
  })
  expect(results.filter(({ clause }) => clause.startsWith('F-'))).toHaveLength(results.length)
  expect(results.find(({ clause }) => clause === 'F-11')).toMatchObject({ outcome: 'passed', seen: '24 characters' })
})

test.each([
  ['no address', []],
  ['an address of HTTP', ['http://127.0.0.1:1']],
  ['an unknown profile', ['ws://127.0.0.1:1', '--profile', 'whale']],
  ['the relay of nobody who dials', ['ws://127.0.0.1:1', '--relay']],
  ['an unknown option', ['ws://127.0.0.1:1', '--colour']],
  ['a clause that is not there', ['ws://127.0.0.1:1', '--only', 'Q-1']],
  ['a peer id that is none', ['ws://127.0.0.1:1', '--peer', 'bob']],
  ['a network that is none', ['ws://127.0.0.1:1', '--network', 'Lotus!']],
])('%s is a wrong call, and the exit code is 2', async (_, args) => {
  const { code, said, complained } = await called(...args)
  expect([code, said]).toEqual([2, []])
  expect(complained).toContain('Usage: lotus-p2p conform')
})

test('an address where nothing answers is said so in one line, and the exit code is 1', async () => {
  const { code, said, complained } = await called('ws://127.0.0.1:9', '--timeout', '1000')
  expect([code, said]).toEqual([1, []])
  expect(complained).toContain('Nothing answers at ws://127.0.0.1:9')
})
