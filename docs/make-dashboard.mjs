// Makes docs/grafana/relay.json and docs/prometheus/relay.rules.yml from the one table below: `npm run docs:dashboard`. With --check it only
// looks whether they are what the table makes.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const P = 'lotus_p2p_'
/** Units as Grafana names them. */
const [BYTES, BYTES_PER_S, PER_S, SECONDS, SHARE] = ['bytes', 'Bps', 'ops', 's', 'percentunit']

/**
 * One row for each panel: where it stands, what it shows, and the alerts that go with it. In an expression `$m` stands for the prefix of our
 * metrics, and `$n` for those of the processes that are chosen in the dashboard; alerts look at all of them.
 *
 * @type {{ section: string, panels: { title: string, what: string, unit?: string, stat?: boolean, wide?: boolean,
 *   show: Record<string, string>, alerts?: { name: string, when: string, for: string, severity: 'page' | 'warn', tells: string }[] }[] }[]}
 */
export const TABLE = [
  {
    section: 'Wallets',
    panels: [
      {
        title: 'Peers',
        what: 'Connected peers of each process, and how many it takes.',
        show: { '{{instance}}': '$mpeers$n', 'most of {{instance}}': '$mpeers_max$n' },
        alerts: [
          {
            name: 'RelayFull',
            when: '$mpeers / $mpeers_max > 0.9',
            for: '5m',
            severity: 'page',
            tells:
              'A relay process has nearly as many peers as it takes. Start another one, or raise --max-connections where memory allows.',
          },
        ],
      },
      {
        title: 'Paths',
        what: 'Peers by transport, over all processes.',
        show: { '{{transport}}': 'sum by (transport) ($mconnections$n)' },
      },
      {
        title: 'Comings and refusals',
        what: 'Handshakes that succeeded, and connections refused in or before their handshake.',
        unit: PER_S,
        show: {
          come: 'sum(rate($mhandshakes_accepted_total$n[5m]))',
          'refused {{code}}': 'sum by (code) (rate($mhandshakes_refused_total$n[5m]))',
          'refused {{reason}}': 'sum by (reason) (rate($mconnections_refused_total$n[5m]))',
        },
        alerts: [
          {
            name: 'ConnectionsRefused',
            when: 'sum by (reason) (rate($mconnections_refused_total[5m])) > 20',
            for: '10m',
            severity: 'warn',
            tells:
              'Many connections run into a cap: a client floods, or a proxy is not in --trust-proxy, so that its clients share one cap.',
          },
        ],
      },
      {
        title: 'Faults of peers',
        what: 'What no honest peer sends, by error code.',
        unit: PER_S,
        show: { '{{code}}': 'sum by (code) (rate($mfaults_total$n[5m]))' },
        alerts: [
          {
            name: 'PeersMisbehave',
            when: 'sum(rate($mfaults_total[5m])) > 5',
            for: '10m',
            severity: 'warn',
            tells: 'Peers break the protocol. The relay bans them by itself; look whether a release of your wallets does it.',
          },
        ],
      },
    ],
  },
  {
    section: 'Traffic',
    panels: [
      {
        title: 'Circuits',
        what: 'Open circuits of each process, and those whose other end is at another process.',
        show: { '{{instance}}': '$mcircuits$n', 'across {{instance}}': '$mcircuits_remote$n' },
      },
      {
        title: 'Bytes through circuits',
        what: 'What relays forward without being able to read it.',
        unit: BYTES_PER_S,
        show: { '{{instance}}': 'rate($mcircuit_bytes_total$n[5m])' },
      },
      {
        title: 'Messages of the relays themselves',
        what: 'Handshakes, reservations, records, introductions, and the envelopes of circuits.',
        unit: PER_S,
        show: {
          in: 'sum(rate($mmessages_received_total$n[5m]))',
          out: 'sum(rate($mmessages_sent_total$n[5m]))',
        },
      },
      {
        title: 'Records',
        what: 'DHT records in the store, and those given up to make room.',
        show: { '{{instance}}': '$mdht_records$n', 'given up a second': 'sum(rate($mdht_records_shed_total$n[5m]))' },
      },
    ],
  },
  {
    section: 'Processes',
    panels: [
      {
        title: 'Event loop, p99 of its lag',
        what: 'How long a message waits for the processor.',
        unit: SECONDS,
        show: { '{{instance}}': '$mnodejs_eventloop_lag_p99_seconds$n' },
        alerts: [
          {
            name: 'SlowLoop',
            when: '$mnodejs_eventloop_lag_p99_seconds > 0.2',
            for: '5m',
            severity: 'warn',
            tells: 'A relay process has too little processor. Start another one.',
          },
        ],
      },
      {
        title: 'Processor',
        what: 'Share of one core.',
        unit: SHARE,
        show: { '{{instance}}': 'rate($mprocess_cpu_seconds_total$n[5m])' },
      },
      {
        title: 'Memory',
        what: 'As the ceiling counts it, and the ceiling.',
        unit: BYTES,
        show: { '{{instance}}': '$mmemory_used_bytes$n', 'ceiling of {{instance}}': '$mmemory_ceiling_bytes$n' },
        alerts: [
          {
            name: 'RelayShort',
            when: '$mmemory_state > 0',
            for: '5m',
            severity: 'page',
            tells:
              'A relay process refuses newcomers, or ends peers, for want of memory: too little for its peers, or an attack.',
          },
        ],
      },
      {
        title: 'Leaving',
        what: '1 while a process sends its peers away.',
        show: { '{{instance}}': '$mdraining$n' },
        alerts: [
          {
            name: 'DrainStuck',
            when: '$mdraining == 1',
            for: '5m',
            severity: 'warn',
            tells: 'A relay process drains for longer than a drain takes. End it.',
          },
        ],
      },
    ],
  },
  {
    section: 'Cluster',
    panels: [
      {
        title: 'Processes that see each other',
        what: 'As the process that sees most counts them.',
        stat: true,
        show: { processes: 'max($mbackplane_nodes$n)' },
        alerts: [
          {
            name: 'RelayMissing',
            when: 'max($mbackplane_nodes) < max($mbackplane_nodes offset 15m) and max($mdraining) == 0',
            for: '2m',
            severity: 'page',
            tells: 'There are fewer relay processes than a quarter of an hour ago, and none is being drained.',
          },
        ],
      },
      {
        title: 'Link to NATS',
        what: '1 where the process reaches its NATS servers.',
        show: { '{{instance}}': '$mbackplane_up$n' },
        alerts: [
          {
            name: 'RelayCutOff',
            when: '$mbackplane_up == 0',
            for: '30s',
            severity: 'page',
            tells: 'A relay process does not reach NATS: it serves its own wallets alone, and refuses mail.',
          },
        ],
      },
      {
        title: 'Questions to other processes, p99',
        what: 'By kind.',
        unit: SECONDS,
        show: { '{{kind}}': 'histogram_quantile(0.99, sum by (le, kind) (rate($mbackplane_ask_seconds_bucket$n[5m])))' },
      },
      {
        title: 'Between processes',
        what: 'Bytes by direction, and gaps, each of which ends a circuit.',
        unit: BYTES_PER_S,
        show: {
          '{{direction}}': 'sum by (direction) (rate($mbackplane_bytes_total$n[5m]))',
          gaps: 'sum(rate($mbackplane_gaps_total$n[5m]))',
        },
        alerts: [
          {
            name: 'FramesLost',
            when: 'rate($mbackplane_gaps_total[5m]) > 0.1',
            for: '5m',
            severity: 'warn',
            tells:
              'NATS loses messages between processes: it is overloaded, or a process reads too slowly. Circuits end and come again.',
          },
        ],
      },
      {
        title: 'Walkers',
        what: 'Processes that walk in the DHT for all: one.',
        stat: true,
        show: { walkers: 'sum($mwalker$n)' },
        alerts: [
          {
            name: 'NoWalker',
            when: 'sum($mwalker) != 1',
            for: '30s',
            severity: 'warn',
            tells: 'No process, or more than one, walks in the DHT for all of them.',
          },
        ],
      },
    ],
  },
  {
    section: 'Mail',
    panels: [
      {
        title: 'Letters that wait',
        what: 'All processes of a cluster have the same store, and count the same.',
        show: { letters: 'max($mmail_letters$n)', boxes: 'max($mmail_boxes$n)' },
      },
      {
        title: 'Bytes of letters',
        what: 'That wait, and that may.',
        unit: BYTES,
        show: { bytes: 'max($mmail_bytes$n)', most: 'max($mmail_bytes_max$n)' },
        alerts: [
          {
            name: 'MailNearlyFull',
            when: 'max($mmail_bytes) / max($mmail_bytes_max) > 0.8',
            for: '10m',
            severity: 'warn',
            tells:
              'Letters take most of the room that they may. Above nine tenths strangers are refused. Raise --max-mail where the disk allows.',
          },
        ],
      },
      {
        title: 'Letters left and fetched',
        what: 'And requests refused, by error code.',
        unit: PER_S,
        show: {
          left: 'sum(rate($mmail_deposited_total$n[5m]))',
          fetched: 'sum(rate($mmail_fetched_total$n[5m]))',
          'refused {{code}}': 'sum by (code) (rate($mmail_refused_total$n[5m]))',
        },
      },
    ],
  },
]

const HEIGHT = 7
const WIDTHS = { 1: [24], 2: [12, 12], 3: [8, 8, 8], 4: [6, 6, 6, 6], 5: [4, 5, 5, 5, 5] }

const forPanel = (expression) => expression.replaceAll('$m', P).replaceAll('$n', '{instance=~"$node"}')
const forAlert = (expression) => expression.replaceAll('$m', P)

/** The names of our own metrics in all expressions, without the suffixes of a histogram. */
export function metricNames(table = TABLE) {
  const expressions = table.flatMap(({ panels }) =>
    panels.flatMap(({ show, alerts = [] }) => [...Object.values(show), ...alerts.map(({ when }) => when)]),
  )
  const names = expressions.flatMap((expression) => expression.match(/\$m[a-z0-9_]+/g) ?? [])
  return [...new Set(names.map((name) => name.replace('$m', P).replace(/_bucket$/, '')))].sort()
}

/** A dashboard for Grafana 10 and later: https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/ */
export function dashboardOf(table = TABLE) {
  const datasource = { type: 'prometheus', uid: '$source' }
  const panels = []
  let y = 0
  let id = 0
  for (const { section, panels: own } of table) {
    panels.push({ id: ++id, type: 'row', title: section, collapsed: false, gridPos: { x: 0, y: y++, w: 24, h: 1 }, panels: [] })
    let x = 0
    for (const [i, { title, what, unit = 'short', stat = false, show }] of own.entries()) {
      const w = WIDTHS[own.length][i]
      panels.push({
        id: ++id,
        type: stat ? 'stat' : 'timeseries',
        title,
        description: what,
        datasource,
        gridPos: { x, y, w, h: HEIGHT },
        fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
        targets: Object.entries(show).map(([legendFormat, expression], target) => ({
          refId: String.fromCharCode(65 + target),
          datasource,
          expr: forPanel(expression),
          legendFormat,
        })),
      })
      x += w
    }
    y += HEIGHT
  }
  return {
    title: 'lotus-p2p relays',
    uid: 'lotus-p2p',
    schemaVersion: 39,
    version: 1,
    editable: true,
    refresh: '10s',
    timezone: 'browser',
    time: { from: 'now-3h', to: 'now' },
    templating: {
      list: [
        { name: 'source', label: 'Prometheus', type: 'datasource', query: 'prometheus' },
        {
          name: 'node',
          label: 'Process',
          type: 'query',
          datasource,
          query: `label_values(${P}peers, instance)`,
          refresh: 2,
          multi: true,
          includeAll: true,
          allValue: '.*',
          current: { text: 'All', value: '$__all' },
        },
      ],
    },
    panels,
  }
}

/** A JSON string is a double-quoted scalar of YAML (YAML 1.2.2 §5.7). */
const quoted = (text) => JSON.stringify(text)

/** Alerting rules for Prometheus: https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/ */
export function rulesOf(table = TABLE) {
  const alerts = table.flatMap(({ panels }) => panels.flatMap(({ alerts = [] }) => alerts))
  const rules = alerts.map(
    ({ name, when, for: duration, severity, tells }) => `      - alert: ${name}
        expr: ${quoted(forAlert(when))}
        for: ${duration}
        labels:
          severity: ${severity}
        annotations:
          summary: ${quoted(tells)}
`,
  )
  return `# Made from docs/make-dashboard.mjs by \`npm run docs:dashboard\`; change it there.
groups:
  - name: lotus-p2p
    rules:
${rules.join('')}`
}

export const FILES = {
  'grafana/relay.json': () => `${JSON.stringify(dashboardOf(), undefined, 2)}\n`,
  'prometheus/relay.rules.yml': () => rulesOf(),
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, make] of Object.entries(FILES)) {
    const file = new URL(name, import.meta.url)
    if (!process.argv.includes('--check')) writeFileSync(file, make())
    else if (readFileSync(file, 'utf8') !== make()) {
      console.error(`docs/${name} is not what the table makes: npm run docs:dashboard`)
      process.exitCode = 1
    }
  }
}
