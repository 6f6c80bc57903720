// What an import costs in a browser: bundled and minified by esbuild, gzip level 9. `npm run size` prints it; docs/sizes.md is made
// from it by `npm run docs:sizes`.
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

export const CORE = './dist/core.js'
export const ERRORS = './dist/errors.js'
const FULL = './dist/index.js'
const MUSIG2 = './dist/musig2.js'
const STATEMENTS = './dist/statements.js'
const COINJOIN = './dist/coinjoin.js'
const MAIL = './dist/mail.js'
const ONION = './dist/onion.js'

/**
 * What is measured: its name, the entry, the names imported from it, and the bytes after gzip that it may cost. Budgets go down only. To be
 * reached, for the core, the usual wallet, the full class and everything: 67,000, 75,000, 102,750 and 108,000. The full class has sentences
 * of errors no more, for which its budget fell to 100,210; what a store keeps over a reload, and `configure`, have come since. That an error
 * says where it is explained has cost each import 40 bytes; `DistributedHashTable` has 200 more, for coordinators that watch no records
 * save 850. One setting for who may learn our address, kept at each dial and each that comes in, has cost every entry 290. Coins of
 * several owners, which are proven and signed together for a mix, have cost `lotus-p2p/musig2` some 600, for a kind of requests that is none of
 * payments; their proofs are in `lotus-p2p/coinjoin`, which also names whose callback failed, who spent a coin under way, and what became of an
 * attempt that is mined late. To be reached, for coinjoin: 14,000. Ways of mail by the onion, its rooms for each sender and relay, and pools that are
 * read by the onion have cost mail 160 and coinjoin 110. That a refusal of what was sent is told,
 * and that a search by a misspelt criterion fails, have cost others than the core up to 90. That each call refuses misspelt options has cost
 * the full class 350, and the DHT and the discovery, which can be used alone, 300: a misspelt `queue` was a message lost without a word.
 */
export const BUDGETS = [
  { name: 'lotus-p2p/core: P2PCoordinator', from: CORE, imports: ['P2PCoordinator'], budget: 66_730 },
  { name: 'core, webRtc, proofOfWork', from: CORE, imports: ['P2PCoordinator', 'webRtc', 'proofOfWork'], budget: 74_000 },
  { name: 'lotus-p2p: P2PCoordinator', from: FULL, imports: ['P2PCoordinator'], budget: 103_860 },
  { name: 'lotus-p2p: everything', from: FULL, imports: [], budget: 107_790 },
  { name: 'P2PError', from: FULL, imports: ['P2PError'], budget: 460 },
  { name: 'P2PError of the core', from: CORE, imports: ['P2PError'], budget: 460 },
  { name: 'DistributedHashTable', from: FULL, imports: ['DistributedHashTable'], budget: 15_230 },
  { name: 'ResourceDiscovery', from: FULL, imports: ['ResourceDiscovery'], budget: 5_080 },
  { name: 'P2PProtocol', from: FULL, imports: ['P2PProtocol'], budget: 6_120 },
  { name: 'generateIdentity', from: FULL, imports: ['generateIdentity'], budget: 6_150 },
  { name: 'lotus-p2p/musig2: everything, alone', from: MUSIG2, imports: [], budget: 35_600 },
  { name: 'lotus-p2p/musig2: everything, beside the core', from: MUSIG2, imports: [], isBeside: true, budget: 28_920 },
  // Beside a wallet that signs with others, with which it shares the curve, transactions and statements.
  {
    name: 'lotus-p2p/coinjoin: everything, beside musig2',
    from: COINJOIN,
    imports: [],
    beside: [FULL, STATEMENTS, MUSIG2],
    budget: 15_530,
  },
  // To be reached: 8,000. Prekeys, cards, mailboxes, order and what the store keeps are more than was thought.
  { name: 'lotus-p2p/mail: mailbox, beside the full class', from: MAIL, imports: ['mailbox'], beside: [FULL], budget: 16_720 },
  { name: 'lotus-p2p/mail: everything, beside the full class', from: MAIL, imports: [], beside: [FULL], budget: 17_390 },
  // Beside a wallet with mail, whose letters it uses. To be reached: 12,000. Scores, hedges and streams are more than was thought;
  // mail that goes by the onion, entries of pools, and the path in the status have cost 530.
  { name: 'lotus-p2p/onion: everything, beside mail', from: ONION, imports: [], beside: [FULL, MAIL], budget: 20_280 },
  { name: 'webSocket', from: FULL, imports: ['webSocket'], budget: 2_740 },
]

/** Plugins whose price beside the core is told. */
const PLUGINS = [
  'webRtc',
  'proofOfWork',
  'httpFallback',
  'outbox',
  'topics',
  'dhtWalk',
  'eclipseWatch',
  'broadcastChannel',
  'statements',
  'peerWatch',
  'resourceWatch',
  'relayClocks',
  'pageEvents',
  'oneTab',
  'persistence',
]

const BUNDLE = {
  bundle: true,
  write: false,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  legalComments: 'none',
  logLevel: 'error',
}

/**
 * @param isBeside what it adds to a page that has the coordinator of the core.
 * @param beside what it adds to a page that has all of these entries.
 * @returns {Promise<number>} bytes after gzip.
 */
export async function sizeOf(from, imports, isBeside = false, beside = undefined) {
  if (beside !== undefined) {
    const before = beside.map((each, i) => `export * as part${i} from '${each}'`).join('; ')
    return (await gzipped(`${before}; ${exportOf(from, imports)}`)) - (await gzipped(before))
  }
  if (isBeside) return (await gzipped(`${CORE_ALONE}; ${exportOf(from, imports)}`)) - (await gzipped(CORE_ALONE))
  return gzipped(exportOf(from, imports))
}

const exportOf = (from, imports) =>
  imports.length === 0 ? `export * from '${from}'` : `export { ${imports.join(', ')} } from '${from}'`
const CORE_ALONE = exportOf(CORE, ['P2PCoordinator'])

async function gzipped(contents) {
  const { outputFiles } = await build({ ...BUNDLE, stdin: { contents, resolveDir: process.cwd() }, minify: true })
  return gzipSync(outputFiles[0].contents, { level: 9 }).length
}

/**
 * Values, functions and classes that every import of an entry costs, whatever it names: a bundler cannot tell that they do nothing when
 * they load.
 *
 * @returns {Promise<string[]>} their names.
 */
export async function leftOf(from) {
  const everyFile = {
    name: 'every-file',
    setup({ onResolve, resolve }) {
      // As if package.json did not say that our files without a used name can go.
      onResolve({ filter: /./ }, async ({ path, pluginData, ...at }) => {
        if (pluginData === everyFile || at.resolveDir.includes('node_modules')) return undefined
        const found = await resolve(path, { ...at, pluginData: everyFile })
        return found.path.includes('node_modules') ? found : { ...found, sideEffects: true }
      })
    },
  }
  const stdin = { contents: `import '${from}'`, resolveDir: process.cwd() }
  const { outputFiles } = await build({ ...BUNDLE, stdin, plugins: [everyFile] })
  const text = outputFiles[0].text
  return [...text.matchAll(/^(?:var|let|const|function|async function|class) (\w+)/gm)].map(([, name]) => name).sort()
}

/** @returns {Promise<{ name: string, bytes: number }[]>} what each plugin adds to the core. */
export async function pluginCosts() {
  const core = await sizeOf(CORE, ['P2PCoordinator'])
  const costs = []
  for (const name of PLUGINS) costs.push({ name, bytes: (await sizeOf(CORE, ['P2PCoordinator', name])) - core })
  return costs
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const { name, from, imports, isBeside, beside, budget } of BUDGETS) {
    const bytes = await sizeOf(from, imports, isBeside, beside)
    console.log(`${name.padEnd(32)} ${String(bytes).padStart(7)} of ${budget}${bytes > budget ? '  TOO LARGE' : ''}`)
    if (bytes > budget) process.exitCode = 1
  }
}
