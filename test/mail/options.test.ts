import { describe, expect, it } from 'vitest'
import { P2PCoordinator } from '../../src/index.js'
import { type MailboxOptions, mailbox, mailRecovery, sealedDeposits } from '../../src/mail/index.js'

const refused = (option: string) => expect.objectContaining({ code: 'INVALID_CONFIG', details: { option } })

describe('the options of mailbox()', () => {
  it.each<[string, unknown]>([
    ['relays', 'wss://relay.example'],
    ['relays.1', ['wss://relay.example', 7]],
    ['count', 0],
    ['count', 4],
    ['count', 1.5],
    ['strangers', true],
    ['strangers', { bits: 25 }],
    ['strangers', {}],
    ['max', 5],
    ['max', -1],
    ['receipts', 'yes'],
    ['publish', 1],
    ['recoverable', new Uint8Array(32)],
    ['recoverable', null],
    ['wake', ''],
    ['wake', 'x'.repeat(1_025)],
  ])('are refused where %s is %j', (option, value) => {
    const [name] = option.split('.') as [string]
    expect(() => mailbox({ [name]: value } as MailboxOptions)).toThrow(refused(`mailbox.${option}`))
  })

  it('may be anything that is told, or nothing', () => {
    expect(mailbox()).toMatchObject({ name: 'mail' })
    const all = { relays: [], count: 3, strangers: false, max: 0, receipts: false, publish: false, wake: 'x' } as const
    expect(mailbox({ ...all, recoverable: mailRecovery(new Uint8Array(32)) })).toMatchObject({ name: 'mail' })
    expect(() => mailbox(null as never)).toThrow(refused('mailbox.'))
  })
})

it('mailRecovery() takes 32 bytes', () => {
  for (const secret of [new Uint8Array(31), 'x'.repeat(32), undefined]) {
    expect(() => mailRecovery(secret as Uint8Array)).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }))
  }
})

it('sealedDeposits() needs mailbox() before it', () => {
  expect(() => new P2PCoordinator({ plugins: [sealedDeposits()] })).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }))
})
