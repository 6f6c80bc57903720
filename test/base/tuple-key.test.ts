import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { tupleKey } from '../../src/base/tuple-key.js'

type Part = string | number | boolean | undefined

const part: fc.Arbitrary<Part> = fc.oneof(
  // What a peer would try: separators, quotes, escapes, brackets, lone surrogates, and nothing.
  fc.string({ unit: fc.constantFrom(' ', '\0', '/', ':', '"', '\\', ',', '[', ']', '1', 'a', 'n', '\ud800', '\udc00', 'ä') }),
  fc.string({ unit: 'binary' }),
  fc.integer(),
  fc.boolean(),
  fc.constant(undefined),
)
const same = (a: readonly Part[], b: readonly Part[]) => a.length === b.length && a.every((each, i) => Object.is(each, b[i]))

describe('a key of several parts', () => {
  it('is shared by no two tuples', () => {
    fc.assert(
      fc.property(fc.array(part, { maxLength: 4 }), fc.array(part, { maxLength: 4 }), (a, b) => {
        expect(tupleKey(...a) === tupleKey(...b)).toBe(same(a, b))
      }),
      { numRuns: 2_000 },
    )
  })

  it('is shared by no two ways to cut one text', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: fc.constantFrom('a', ' ', '"', ',', '\\', '\0') }), (text) => {
        const cuts = Array.from({ length: text.length + 1 }, (_, i) => tupleKey(text.slice(0, i), text.slice(i)))
        expect(new Set(cuts).size).toBe(cuts.length)
      }),
      { numRuns: 500 },
    )
  })
})

/**
 * Texts of several parts that are no keys of maps, with what they are. A new one goes to `tupleKey`, or here with its reason.
 */
const NO_KEYS: Record<string, string> = {
  'core/config.ts': 'the name of an option, for people',
  'address/address-group.ts': 'groups of addresses: numbers and hex digits, of which one tuple has one form',
  'address/addresses.ts': 'addresses, which are parsed with their separators',
  'address/dial-policy.ts': 'an address',
  'address/private-address.ts': 'the beginning of an IPv4 address',
  'address/public-lookup.node.ts': 'a number in hex',
  'plugins/dht/records/small-record-store.ts': 'an order for sorting',
  'plugins/dht/records/key-space.ts': 'the input of a hash, whose free part comes last',
  'plugins/discovery/resource-key.ts': 'a resource key, whose parts are escaped',
  'plugins/discovery/peer-records.ts': 'an address with a peer id, which has no #',
  'musig2/announcements.ts': 'a type and an id, of our own digits, that is hashed',
  'musig2/discovery.ts': 'the same',
  'node/capacity-command.ts': 'a line of a table',
  'node/relay-log.ts': 'lines of a log',
  'node/file-lock.ts': 'the name of a file, with a token of our own that comes last',
  'mail/seen.ts': 'digits of a fixed number, twice',
  'musig2/kept-requests.ts': 'digits of a fixed number before the last part',
  'musig2/signing.ts': 'a sentence',
  'base/sentences.ts': 'a link to a document',
  'statements/statement-run.ts': 'a session with the number of its attempt, which comes last',
  'transport/memory.ts': 'an address',
  'testing/test-network.ts': 'an address',
  'transport/websocket.ts': 'a subprotocol',
  'node/web-socket-server.ts': 'an address, and the head of an HTTP answer',
  'node/admission.ts': 'an address for people',
  'node/silent-readers.ts': 'a measure that is compared with itself',
  'message/shape.ts': 'where a fault is, for people',
  'node/origins.ts': 'a question whether anything is there',
  'peer/dial/path-race.ts': 'a path and its code, for people',
  'plugins/topics/resource-topics.ts': 'a topic: a constant before one part',
  'plugins/topics/topic-messages.ts': 'bytes of fixed lengths before the last part',
  'node/cli.ts': 'a line for people',
  'node/metrics.ts': 'names of measures, of our own words',
  'definitions/standard-schema.ts': 'a sentence',
  'peer/connection/pacer.ts': 'the label of a lane: maps find it by protocol and by type',
  'peer/connection/sessions.ts': 'hex digits and base64url of fixed lengths',
}

describe('keys in the source', () => {
  const src = new URL('../../src/', import.meta.url)
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(
    // The tester of other implementations keeps no map of theirs.
    (file) => file.endsWith('.ts') && !file.startsWith('node/conform/'),
  )
  /** Methods whose first argument is a key. */
  const KEYED = new Set(['get', 'set', 'has', 'add', 'delete', 'use', 'join'])

  /** Whether a template is nothing but parts and separators: no word of a sentence between them. */
  function isBare(template: ts.TemplateExpression): boolean {
    const between = [template.head.text, ...template.templateSpans.map(({ literal }) => literal.text)]
    return template.templateSpans.length > 1 && !/[a-z]{2}/i.test(between.join(''))
  }

  const findings = (file: string) => findingsIn(readFileSync(new URL(file, src), 'utf8'))

  function findingsIn(code: string): string[] {
    const found: string[] = []
    const source = ts.createSourceFile('code.ts', code, ts.ScriptTarget.Latest, true)
    const visit = (node: ts.Node) => {
      if (ts.isTemplateExpression(node) && isBare(node)) found.push(node.getText())
      if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
        const [first] = node.arguments
        const method = node.expression.name.text
        // `map.set(a + ' ' + b)` and `map.set([a, b].join(' '))`; one constant before one part is a name space.
        const isSum = first !== undefined && ts.isBinaryExpression(first) && first.operatorToken.kind === ts.SyntaxKind.PlusToken
        if (KEYED.has(method) && isSum && ts.isBinaryExpression(first.left)) found.push(first.getText())
        if (method === 'join' && first !== undefined && ts.isStringLiteral(first) && !/[a-z]/i.test(first.text)) {
          const parent = node.parent
          const isKey =
            (ts.isCallExpression(parent) &&
              ts.isPropertyAccessExpression(parent.expression) &&
              KEYED.has(parent.expression.name.text)) ||
            (ts.isVariableDeclaration(parent) && /^(id|key|name)$/.test(parent.name.getText()))
          if (isKey) found.push(node.getText())
        }
      }
      ts.forEachChild(node, visit)
    }
    visit(source)
    return found
  }

  it('are made of several parts by tupleKey alone', () => {
    const found = files.filter((file) => !(file in NO_KEYS)).flatMap((file) => findings(file).map((text) => `${file}: ${text}`))
    expect(found).toEqual([])
  })

  it('and no exception outlives what it was made for', () => {
    expect(Object.keys(NO_KEYS).filter((file) => !files.includes(file) || findings(file).length === 0)).toEqual([])
  })

  it('are found in each form that has been tried', () => {
    const shown = (text: string) => text.replaceAll('#', '$')
    const forms = [
      'm.get(`#{a} #{b}`)',
      'const id = `#{a}\\0#{b}`',
      "m.set(a + ' ' + b, 1)",
      "m.has([a, b].join(' '))",
      "const key = list.join(' ')",
    ]
    for (const code of forms.map(shown)) expect([code, findingsIn(code).length]).toEqual([code, 1])
    for (const code of ['m.get(a)', 'm.get(PREFIX + a)', 'm.get(tupleKey(a, b))', 'throw new Error(`#{a} is not #{b}`)'].map(
      shown,
    )) {
      expect([code, findingsIn(code)]).toEqual([code, []])
    }
  })
})
