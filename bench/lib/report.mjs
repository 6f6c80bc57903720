/** From medians to verdicts, and to a table for people. */

const NAMES = { lotus: 'lotus-p2p', libp2p: 'js-libp2p', ws: 'ws', rtc: 'RTCDataChannel' }
const CONTESTANTS = Object.keys(NAMES)

const number = (value, digits) => value.toLocaleString('en-US', { maximumFractionDigits: digits, minimumFractionDigits: digits })
const whole = (value) => number(value, 0)
const one = (value) => number(value, 1)
const two = (value) => number(value, 2)
const micro = (value) => `${whole(value)} µs`
const milli = (value) => `${two(value)} ms`

/** Target of our figure as a multiple of another contestant's. */
const against = (other, sense, factor) => ({
  text: `${sense} ${factor} × ${other}`,
  judge: (ours, all) => {
    if (all[other] === undefined) return undefined
    const ratio = ours / all[other]
    return { value: `${two(ratio)} ×`, pass: sense === '≥' ? ratio >= factor : ratio <= factor }
  },
})
const limit = (sense, bound, show, compared = (value) => value) => ({
  text: `${sense} ${show(bound)}`,
  judge: (ours) => ({
    value: show(ours),
    pass: sense === '≥' ? compared(ours) >= bound : sense === '<' ? compared(ours) < bound : compared(ours) <= bound,
  }),
})

/** Target of our figure as a multiple of another one of ours in the same measure. */
const beside = (field, name, sense, factor) => ({
  text: `${sense} ${factor} × ${name}`,
  judge: (ours, _all, measured) => {
    const ratio = ours / measured[field]
    return { value: `${two(ratio)} ×`, pass: ratio >= factor }
  },
})

/** The rows of the table: where each figure comes from, how it is shown, what it should be. */
const rows = [
  ['one-way', 'perSecond', '256 B one way, messages/s', whole, [against('libp2p', '≥', 6), against('ws', '≥', 0.9)]],
  ['one-way-16k', 'perSecond', '16 kB one way, messages/s', whole, [against('ws', '≥', 0.6)]],
  ['echo-awake', 'p50Us', 'Echo of 256 B, cores kept awake, p50', micro, [against('libp2p', '≤', 0.85)]],
  ['echo-awake', 'cpuUs', '… processor time, both ends', micro, [against('libp2p', '≤', 0.6)]],
  ['echo', 'p50Us', '… p50 as the machine is', micro, []],
  ['echo', 'p99Us', '… p99', micro, []],
  ['dial', 'p50Ms', 'Dial to first reply, loopback, p50', milli, [against('libp2p', '≤', 0.45)]],
  ['slow-dial', 'p50Ms', 'Dial to first reply, 50 ms round trip, p50', (value) => `${whole(value)} ms`, []],
  // A sequence takes a whole number of round trips; the fraction is the machine's noise.
  ['slow-dial', 'roundTrips', '… in round trips', one, [limit('≤', 4, whole, Math.round)]],
  [
    'idle',
    'marginalKb',
    'Resident memory of an idle connection, beside a thousand',
    (value) => `${one(value)} kB`,
    [limit('≤', 30, (value) => `${whole(value)} kB`)],
  ],
  ['idle', 'residentKb', '… of the first thousand, with what the process grows by once', (value) => `${one(value)} kB`, []],
  ['dht-gets', 'perSecond', 'DHT gets/s through one relay', whole, [limit('≥', 2_000, whole)]],
  ['dht', 'p50Ms', 'Get from a DHT of 30 servers, p50', milli, [limit('≤', 15, (value) => `${whole(value)} ms`)]],
  ['dht', 'p95Ms', '… p95', milli, []],
  ['dht', 'perSecond', '… gets/s, 16 under way', whole, [limit('≥', 500, whole), against('libp2p', '≥', 3)]],
  ['dht', 'firstPerSecond', '… gets/s by kad-dht, ended at its first answer', whole, []],
  ['dht', 'walksPerSecond', '… walks to the nearest nodes/s, 16 under way', whole, [against('libp2p', '≥', 3)]],
  ['announce', 'p50Ms', 'Announce to watch, p50', milli, [limit('<', 5, (value) => `${one(value)} ms`)]],
  ['announce', 'p99Ms', 'Announce to watch, p99', milli, []],
  ['circuit', 'perSecond', '256 B one way by circuit, messages/s', whole, [beside('directPerSecond', 'direct', '≥', 0.6)]],
  ['circuit', 'directPerSecond', '… directly, in the same round', whole, []],
  ['circuit-16k', 'perSecond', '16 kB one way by circuit, messages/s', whole, [beside('directPerSecond', 'direct', '≥', 0.4)]],
  ['circuit-16k', 'directPerSecond', '… directly, in the same round', whole, []],
  ['circuit-dial', 'byAddress', 'Dial by circuit to first reply, end-to-end round trips', two, [limit('≤', 3, whole)]],
  ['circuit-dial', 'byId', '… by peer id, path looked for', two, []],
  [
    'circuit-idle',
    'residentKb',
    'Resident memory of an idle circuit, at the relay',
    (value) => `${one(value)} kB`,
    [limit('≤', 50, (value) => `${whole(value)} kB`)],
  ],
  ['tabs', 'perSecond', '1 kB one way between tabs, WebRTC, messages/s', whole, [against('rtc', '≥', 0.8)]],
  ['tabs-16k', 'perSecond', '16 kB one way between tabs, WebRTC, messages/s', whole, [against('rtc', '≥', 0.8)]],
  [
    'upgrade',
    'p50Ms',
    'Circuit to WebRTC between tabs, p50',
    (value) => `${whole(value)} ms`,
    [limit('<', 500, (value) => `${whole(value)} ms`)],
  ],
  ['upgrade', 'maxMs', '… slowest', (value) => `${whole(value)} ms`, []],
  ['topic', 'p50Ms', 'A topic with 1,000 subscribers, p50', (value) => `${one(value)} ms`, []],
  ['topic', 'p99Ms', '… p99', (value) => `${one(value)} ms`, [limit('<', 250, (value) => `${whole(value)} ms`)]],
  ['topic', 'perSecond', '… deliveries/s, flat out', whole, [against('libp2p', '≥', 1.5)]],
  ['topic', 'cpuUs', '… processor time of a delivery, all processes', micro, []],
  [
    'sizes',
    'gzipKb',
    'Everything bundled for a browser, gzip',
    (value) => `${one(value)} kB`,
    [limit('≤', 108, (value) => `${one(value)} kB`)],
  ],
  ['sizes', 'packages', 'Packages installed', whole, [limit('≤', 12, whole)]],
]

/**
 * @param medians { [measure]: { [contestant]: { [field]: number } } }
 * @param errors { [measure]: { [contestant]: string } }
 */
export function assess(medians, errors) {
  const table = []
  for (const [measure, field, title, show, targets] of rows) {
    if (!medians[measure] && !errors[measure]) continue
    const figures = {}
    const shown = {}
    for (const contestant of CONTESTANTS) {
      const value = medians[measure]?.[contestant]?.[field]
      if (value !== undefined) {
        figures[contestant] = value
        shown[contestant] = show(value)
      } else {
        shown[contestant] = errors[measure]?.[contestant] ? 'failed' : '–'
      }
    }
    const verdicts = targets.map((target) => ({
      target: target.text,
      ...((figures.lotus !== undefined && target.judge(figures.lotus, figures, medians[measure].lotus)) || { value: '–' }),
    }))
    table.push({ measure, field, title, shown, verdicts })
  }
  return table
}

const verdictText = ({ target, value, pass }) => {
  if (pass === undefined) return `${target}: not measured`
  return target.includes('×') ? `${target}: ${value} ${pass ? 'pass' : 'MISS'}` : `${target}: ${pass ? 'pass' : 'MISS'}`
}
const headings = ['', ...Object.values(NAMES), 'target']
const LAST = headings.length - 1
const cells = ({ title, shown, verdicts }) => [
  title,
  ...CONTESTANTS.map((name) => shown[name]),
  verdicts.map(verdictText).join('; '),
]

export function plainTable(table) {
  const lines = [headings, ...table.map(cells)]
  const widths = headings.map((_, column) => Math.max(...lines.map((line) => line[column].length)))
  const text = lines.map((line) =>
    line
      .map((cell, column) => (column === 0 || column === LAST ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
      .join('  ')
      .trimEnd(),
  )
  return [text[0], widths.map((width) => '─'.repeat(width)).join('  '), ...text.slice(1)].join('\n')
}

export function markdownTable(table, { environment, notes }) {
  const line = (values) => `| ${values.join(' | ')} |`
  const verdict = (text) => text.replaceAll(' pass', ' ✓').replaceAll(' MISS', ' **missed**')
  return [
    line(headings),
    `|---|${'---:|'.repeat(CONTESTANTS.length)}---|`,
    ...table.map((row) => line(cells(row).map((cell, column) => (column === LAST ? verdict(cell) : cell)))),
    '',
    describe(environment),
    ...notes,
    '',
  ].join('\n')
}

export function describe({ date, node, cpu, cores, rounds, versions }) {
  const names = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  return (
    `Medians of ${rounds} round${rounds === 1 ? '' : 's'}, ${date.slice(0, 10)}, Node ${node} for all, ${cores} cores (${cpu}). ` +
    `${names.join(', ')}. Each end is a process of its own.`
  )
}
