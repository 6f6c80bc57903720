import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { type BrowserContext, expect, type Page } from '@playwright/test'
import { decodeTransaction } from '../dist/musig2.js'
import { verdictOf } from '../test/musig2/oracle.js'
import type { Complaints } from './complaints.js'

/** Sats of a mixed output of the demo. */
const DENOMINATION = 1_000_000n

export interface MixQuery {
  least: number
  best: number
  type: 0 | 1
  change?: boolean
  cheat?: string | undefined
}

/** A tab of the page that mixes; it has not begun. */
export async function openMix(context: BrowserContext, complaints: Complaints, address: string, query: MixQuery): Promise<Page> {
  const page = await context.newPage()
  complaints.watch(page)
  const { change, cheat, ...numbers } = query
  const asked = new URLSearchParams(Object.entries(numbers).map(([name, value]) => [name, String(value)]))
  if (change) asked.set('change', '1')
  if (cheat !== undefined) asked.set('cheat', cheat)
  await page.goto(`${address}mix.html?${asked}`)
  await expect(page.locator('#status')).toHaveText('online')
  return page
}

export const startMix = (page: Page) => page.getByRole('button', { name: 'Mix a made-up coin' }).click()
export const mixed = (page: Page) => page.getByRole('region', { name: 'Mixed' })

/** Ids of those that the picture shows as left out. */
export const namedIn = (page: Page) =>
  page.locator('#inputs li[data-state="out"]').evaluateAll((rows) => rows.map((row) => (row as HTMLElement).dataset.member))

/** The last id of this tab's wallet in the picture. */
export const idIn = (page: Page) => page.locator('#inputs li', { hasText: 'This wallet' }).getAttribute('data-member')

/** What a wallet in a process of its own says. */
export interface Said {
  kind: 'identity' | 'progress' | 'mixed' | 'failed'
  peerId?: string
  txid?: string
  anonymitySet?: number
  bytes?: string
  named?: { peerId: string; fault: string }[]
}

export interface MemberOptions {
  server: string
  relay: string
  outputType: 0 | 1
  coinType: 0 | 1
  change: boolean
  least: number
  best: number
  cheat?: string | undefined
}

/** A wallet in a Node process. */
export class MixProcess {
  /** The id of its last round. */
  peerId: string | undefined
  /** How it has ended. */
  readonly end: Promise<Said>
  private readonly child: ChildProcess

  constructor(options: MemberOptions) {
    const file = fileURLToPath(new URL('./mix-member.mjs', import.meta.url))
    this.child = spawn(process.execPath, [file, JSON.stringify(options)], { stdio: ['ignore', 'pipe', 'inherit'] })
    this.end = new Promise((resolve, reject) => {
      createInterface({ input: this.child.stdout! }).on('line', (line) => {
        const said = JSON.parse(line) as Said
        if (said.kind === 'identity') this.peerId = said.peerId
        if (said.kind === 'mixed' || said.kind === 'failed') resolve(said)
      })
      this.child.once('exit', (code) => reject(new Error(`A wallet's process has ended with ${code}.`)))
    })
    this.end.catch(() => {})
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return
    this.child.kill()
    await once(this.child, 'exit')
  }
}

/** A transaction that the demo's chain has taken, as the Lotus interpreter judges it. */
export async function judged(address: string, txid: string): Promise<{ inputs: number; equal: string[]; others: number }> {
  const response = await fetch(new URL(`/chain/transactions/${txid}`, address))
  const { bytes, spent } = (await response.json()) as { bytes: string; spent: { sats: string; script: string }[] }
  const verdict = verdictOf(
    Buffer.from(bytes, 'hex'),
    spent.map(({ sats, script }) => ({ sats: BigInt(sats), script: Buffer.from(script, 'hex') })),
  )
  expect(verdict).toEqual({ txid, faults: spent.map(() => undefined) })
  const { outputs } = decodeTransaction(Buffer.from(bytes, 'hex'))
  const equal = outputs.filter(({ sats }) => sats === DENOMINATION)
  return {
    inputs: spent.length,
    equal: equal.map(({ script }) => Buffer.from(script).toString('hex')),
    others: outputs.length - equal.length,
  }
}
