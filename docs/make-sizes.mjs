// Makes docs/sizes.md from what is built: `npm run docs:sizes`. With --print it only prints.
import { writeFileSync } from 'node:fs'
import { BUDGETS, pluginCosts, sizeOf } from '../.ci/size.mjs'

const kB = (bytes) => (bytes / 1_000).toFixed(1)
const rows = []
for (const { name, from, imports, budget } of BUDGETS)
  rows.push(`| ${name} | ${kB(await sizeOf(from, imports))} | ${kB(budget)} |`)
const plugins = (await pluginCosts()).map(({ name, bytes }) => `| \`${name}()\` | ${kB(bytes)} |`)

const text = `# Sizes

Made by \`npm run docs:sizes\` from what is built. Each row is what one import adds to a page: bundled and minified by esbuild for
browsers (ES2022), gzip level 9, in kB of 1,000 bytes. \`npm run size\` fails where a budget is exceeded; budgets go down only.

| import | kB | budget |
|---|---:|---:|
${rows.join('\n')}

What each plugin of \`lotus-p2p/core\` adds to the core. Plugins share parts, so two of them cost less than the sum.

| plugin | kB |
|---|---:|
${plugins.join('\n')}
`
if (process.argv.includes('--print')) console.log(text)
else writeFileSync(new URL('sizes.md', import.meta.url), text)
