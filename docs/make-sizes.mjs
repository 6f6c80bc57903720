// Makes docs/sizes.md, and the table of the README, from what is built: `npm run docs:sizes`. With --print it only prints.
import { readFileSync, writeFileSync } from 'node:fs'
import { BUDGETS, CORE, ERRORS, pluginCosts, sizeOf } from '../.ci/size.mjs'

const kB = (bytes) => (bytes / 1_000).toFixed(1)
const rows = []
const sizes = new Map()
for (const { name, from, imports, isBeside, beside, budget } of BUDGETS) {
  const bytes = await sizeOf(from, imports, isBeside, beside)
  sizes.set(name, kB(bytes))
  rows.push(`| ${name} | ${kB(bytes)} | ${kB(budget)} |`)
}
const sentences = (await sizeOf(ERRORS, ['explainErrors'])) - (await sizeOf(CORE, ['P2PError']))
const plugins = (await pluginCosts()).map(({ name, bytes }) => `| \`${name}()\` | ${kB(bytes)} |`)

const text = `# Sizes

Made by \`npm run docs:sizes\` from what is built. Each row is what one import adds to a page: bundled and minified by esbuild for
browsers (ES2022), gzip level 9, in kB of 1,000 bytes. \`npm run size\` fails where a budget is exceeded; budgets go down only.

Bundles of \`lotus-p2p\` and \`lotus-p2p/core\` are those of production. The sentences of errors, ${kB(sentences)} kB, come to them with the
condition \`development\`, or by a call of \`explainErrors()\` of \`lotus-p2p/errors\`.

| import | kB | budget |
|---|---:|---:|
${rows.join('\n')}

What each plugin of \`lotus-p2p/core\` adds to the core. Plugins share parts, so two of them cost less than the sum.

| plugin | kB |
|---|---:|
${plugins.join('\n')}
`
const sizeRow = (label, name) => `| ${label} | ${sizes.get(name)} kB |`
const table = `| what a page imports | gzip |
|---|---:|
${sizeRow('`P2PCoordinator` of `lotus-p2p/core`', 'lotus-p2p/core: P2PCoordinator')}
${sizeRow('… with `webRtc()` and `proofOfWork()`, the usual wallet', 'core, webRtc, proofOfWork')}
${sizeRow('`P2PCoordinator` of `lotus-p2p`', 'lotus-p2p: P2PCoordinator')}
${sizeRow('everything of `lotus-p2p`', 'lotus-p2p: everything')}

Made by \`npm run docs:sizes\`; [docs/sizes.md](docs/sizes.md) has each plugin.`

if (process.argv.includes('--print')) console.log(`${text}\n${table}`)
else {
  writeFileSync(new URL('sizes.md', import.meta.url), text)
  const readme = new URL('../README.md', import.meta.url)
  const filled = readFileSync(readme, 'utf8').replace(/(<!-- sizes -->\n)[\s\S]*(<!-- \/sizes -->)/, `$1\n${table}\n\n$2`)
  writeFileSync(readme, filled)
}
