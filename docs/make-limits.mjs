// Makes docs/limits.md from src/base/limits/: `npm run docs:limits`. With --print it only prints.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

const TABLES = new URL('../src/base/limits/', import.meta.url)
const files = readdirSync(TABLES).sort((a, b) => Number(b === 'core.ts') - Number(a === 'core.ts') || a.localeCompare(b))
const body = files
  .map((file) => {
    const source = readFileSync(new URL(file, TABLES), 'utf8')
    return source.slice(source.indexOf('table({') + 7, source.indexOf('} as const'))
  })
  .join('')

const unitOf = (name) => (/Bytes$/.test(name) ? 'bytes' : /Ms$/.test(name) ? 'ms' : /S$/.test(name) ? 's' : '')

const rows = []
let reason = ''
for (const [, comment, name, value] of body.matchAll(/\/\*\*([\s\S]*?)\*\/|^\s*(\w+): ([\d_]+),/gm)) {
  if (comment !== undefined) reason = comment.replace(/\s*\n\s*\*\s*/g, ' ').trim()
  else {
    const number = value.replaceAll('_', '').replace(/\B(?=(\d{3})+$)/g, ',')
    rows.push(`| \`${name}\` | ${number} | ${unitOf(name)} | ${reason.replaceAll('|', '\\|')} |`)
  }
}

const text = `# Limits

Made from \`src/base/limits/\` by \`npm run docs:limits\`; change it there. Any of them can be set with \`P2PConfig.limits\`, as in \`{ limits: { maxMessageBytes: 65_536 } }\`; a
relay shows its own at \`/info\`. What peers check of each other (message, handshake, record and circuit sizes) should be raised only where all peers do.

What both ends of the wire must have alike is no limit: lengths of keys, tags and ids, layouts, the largest frame of each transport. Such a constant stands beside the code that
reads it, and in [wire-protocol.md](wire-protocol.md). So do the parts of an algorithm that no user would set, such as a share or a number of rounds.

| limit | default | unit | reason |
|---|---:|---|---|
${rows.join('\n')}
`

if (process.argv.includes('--print')) process.stdout.write(text)
else writeFileSync(new URL('limits.md', import.meta.url), text)
