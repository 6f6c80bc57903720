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
  /** Milliseconds of an epoch. Default: as the page has it, 10 s. */
  epoch?: number
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

/** Sets a tab that is open already to other terms. */
export async function setMix(page: Page, { least, best, type, change = false, cheat = '' }: MixQuery): Promise<void> {
  // In a tab that is not in front, Firefox's `fill` adds to what a number's field holds.
  for (const [field, value] of Object.entries({ least, best })) {
    await page.locator(`#${field}`).evaluate((input, text) => Object.assign(input, { value: text }), String(value))
    await expect(page.locator(`#${field}`)).toHaveValue(String(value))
  }
  await page.locator('#type').selectOption(String(type))
  await page.locator('#change').setChecked(change)
  await page.locator('#cheat').selectOption(cheat)
}

/** Ends the round of a tab, if it has one, and waits until its wallet waits in the pool no more. */
export async function leaveMix(page: Page): Promise<void> {
  // It may have ended by itself meanwhile.
  await page.locator('#cancel').evaluate((button) => (button as HTMLElement).click())
  await expect(page.locator('#mix')).toBeEnabled()
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
  epochMs: number
  outputType: 0 | 1
  coinType: 0 | 1
  change: boolean
  least: number
  best: number
  cheat?: string | undefined
}

/** A wallet in a Node process: one round after the other, each with a coin of its own. */
export class MixProcess {
  /** The id of its last round. */
  peerId: string | undefined
  private readonly child: ChildProcess
  private ended: { resolve: (said: Said) => void; reject: (error: Error) => void } | undefined
  private ending: Promise<Said> | undefined

  constructor() {
    const file = fileURLToPath(new URL('./mix-member.mjs', import.meta.url))
    this.child = spawn(process.execPath, [file], { stdio: ['pipe', 'pipe', 'inherit'] })
    createInterface({ input: this.child.stdout! }).on('line', (line) => {
      const said = JSON.parse(line) as Said
      if (said.kind === 'identity') this.peerId = said.peerId
      if (said.kind === 'mixed' || said.kind === 'failed') this.ended?.resolve(said)
    })
    this.child.once('exit', (code) => this.ended?.reject(new Error(`A wallet's process has ended with ${code}.`)))
  }

  /** Begins a round. @returns how it has ended. */
  mix(options: MemberOptions): Promise<Said> {
    this.ending = new Promise((resolve, reject) => {
      this.ended = { resolve, reject }
    })
    this.ending.catch(() => {})
    this.child.stdin!.write(`${JSON.stringify(options)}\n`)
    return this.ending
  }

  /** Ends its round, and waits until its wallet waits in the pool no more. */
  async leave(): Promise<void> {
    this.child.stdin!.write('"leave"\n')
    await this.ending
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
