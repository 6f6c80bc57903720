// The DHT as this tab sees it: what it knows, how its lookups went, and one lookup shown step by step.

import { dhtWalk } from './dht-walk.js'
import { byId, cleanText, h, many, rttText, setText } from './dom.js'

/** Longest walk, milliseconds; records counted. */
const WALK_MS = 15_000
const MAX_RECORDS = 50
/** Dots drawn for one bucket; it holds twenty by default. */
const MAX_DOTS = 20

/** @param options.onError called with a failure and what was being done. */
export function dhtCard(wallet, { onError }) {
  const { dht } = wallet.coordinator
  const walk = dhtWalk(wallet)
  const form = byId('dht-form')
  const kind = byId('dht-kind')
  const key = byId('dht-key')
  const button = form.querySelector('button')
  let shown = ''

  key.addEventListener('input', () => {
    if (key.value.trim().startsWith('lp1')) kind.value = 'peer'
  })

  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    const pattern = patternOf(kind.value, key.value.trim())
    const subject = `${kind.selectedOptions[0].text.toLowerCase()} ${cleanText(key.value, 60)}`
    button.disabled = true
    setText(byId('dht-result'), `Walking to ${subject}…`)
    try {
      const trace = await dht.trace(pattern, { timeoutMs: WALK_MS })
      walk.show(trace)
      const began = performance.now()
      const records = await dht.query({ key: pattern, maxResults: MAX_RECORDS, timeoutMs: WALK_MS })
      setText(byId('dht-result'), `${wayOf(trace)} ${foundText(records.length, performance.now() - began)}`)
      wallet.log('resource', `walked to ${subject}: ${trace.steps.length} asked, ${records.length} found`)
    } catch (error) {
      setText(byId('dht-result'), `The lookup of ${subject} failed.`)
      onError(error, 'Looking up')
    } finally {
      button.disabled = false
      update()
    }
  })

  function update() {
    const { network } = dht.getStats()
    if (network === undefined) return
    const { mode, nodes, lookups, questions, successRate, hops, latencyMs, liars, ignoredRecords, buckets } = network
    setText(byId('dht-mode'), mode)
    const isUsed = lookups > 0
    const facts = [
      ['Known nodes', nodes],
      ['Walks', lookups],
      ['Nodes asked', questions],
      ['Success', isUsed ? `${Math.round(successRate * 100)} %` : '—'],
      ['Hops', isUsed ? percentiles(hops) : '—', 'p50 · 95 · 99'],
      ['Time, ms', isUsed ? percentiles(latencyMs) : '—', 'p50 · 95 · 99'],
      ...(liars + ignoredRecords > 0 ? [['Not believed', `${liars} nodes, ${ignoredRecords} records`]] : []),
    ]
    const signature = JSON.stringify([facts, buckets.map(({ bits, nodes, waiting }) => [bits, nodes, waiting])])
    if (signature === shown) return
    shown = signature
    byId('dht-facts').replaceChildren(...facts.flatMap(factOf))
    byId('dht-table').replaceChildren(...buckets.map(bucketOf))
    byId('dht-no-nodes').hidden = nodes > 0
  }

  return { update }
}

/** The key, or pattern, under which the DHT keeps what is asked for. */
function patternOf(kind, text) {
  if (kind === 'peer') return `peer:${text}`
  if (kind === 'key') return text
  // The signs that mean something in keys are escaped in a type, as the SDK writes them.
  return `resource:${text.replace(/[%:*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)}:*`
}

function wayOf({ steps, hops, tookMs }) {
  if (steps.length === 0) return 'This tab knows no node that it could ask.'
  const failed = steps.filter(({ error }) => error !== undefined).length
  return `${many(steps.length, 'node')} asked in ${rttText(tookMs)}, the nearest after ${many(hops, 'hop')}${
    failed > 0 ? `; ${failed} did not answer` : ''
  }.`
}

function foundText(count, ms) {
  const what = count >= MAX_RECORDS ? `${count} records or more` : many(count, 'record')
  return `${what} found in ${rttText(ms)}.`
}

const percentiles = ({ p50, p95, p99 }) => [p50, p95, p99].map(Math.round).join(' · ')

function factOf([name, value, title]) {
  return [h('dt', { text: name }, title && h('span', { class: 'muted', text: ` ${title}` })), h('dd', { text: String(value) })]
}

function bucketOf({ bits, nodes, waiting }) {
  const dots = Array.from({ length: Math.min(nodes, MAX_DOTS) }, () => h('i'))
  return h(
    'li',
    { class: 'bucket' },
    h('span', { class: 'bucket-bits', text: `${many(bits, 'bit')} shared` }),
    h('span', { class: 'dots', 'aria-hidden': 'true' }, ...dots),
    h('span', { class: 'bucket-count', text: many(nodes, 'node') + (waiting > 0 ? `, ${waiting} waiting` : '') }),
  )
}
