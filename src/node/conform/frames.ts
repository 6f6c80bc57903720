import { toBase64Url } from '../../base/base64url.js'
import { joined } from '../../base/bytes.js'
import type { Attempt, Bench } from './bench.js'
import { type Check, ensure, NotObservable } from './check.js'
import { framesBody, framesOf, HttpFallback, upgrade } from './http.js'
import { SUBPROTOCOL } from './pipe.js'
import { Frame, NO_BYTES, offerBytes, random } from './wire.js'

function direct(bench: Bench): void {
  if (!bench.isDirect) throw new NotObservable('the target is reached through a relay, whose WebSocket this is')
}

/** A first frame: message 1 of somebody. */
function firstFrame(bench: Bench): Uint8Array {
  return joined(Uint8Array.of(Frame.NOISE), random(32), offerBytes(bench.options.network))
}

async function endsAt(bench: Bench, what: string, send: (attempt: Attempt) => void): Promise<void> {
  const attempt = await bench.meet()
  send(attempt)
  ensure(await attempt.ends(), `${what}: the connection stays`)
}

/** A connection over HTTP whose first frame has been sent. */
async function overHttp(bench: Bench) {
  direct(bench)
  const http = new HttpFallback(bench)
  const { id, answer } = await http.open(firstFrame(bench))
  ensure(answer.status === 200, `POST of a first frame: ${answer.status}`)
  return { http, id, path: `/${id}` }
}

/** Whether a connection over HTTP has ended. */
async function isOver(http: HttpFallback, path: string): Promise<boolean> {
  return (await http.ask('POST', `${path}?n=1`, NO_BYTES)).status !== 200
}

async function status400(bench: Bench, subprotocols: string[]): Promise<string> {
  direct(bench)
  for (const subprotocol of subprotocols) {
    const { status } = await upgrade(bench, subprotocol)
    ensure(status === 400, `${subprotocol.slice(0, 40)}: HTTP ${status}`)
  }
  return `${subprotocols.length} subprotocols: HTTP 400`
}

export const frameChecks: Check[] = [
  {
    clause: 'F-1',
    title: 'ends a connection that brings an empty frame',
    async run(bench) {
      direct(bench)
      await endsAt(bench, 'an empty frame', ({ pipe }) => pipe.send(NO_BYTES))
      return 'the connection ended'
    },
  },
  {
    clause: 'F-3',
    title: 'ends a connection that brings a text, or a message of 65,536 bytes',
    async run(bench) {
      direct(bench)
      await endsAt(bench, 'a text', ({ pipe }) => pipe.send('text'))
      const channel = await bench.dial()
      channel.pipe.send(new Uint8Array(65_536))
      ensure(await channel.until(() => channel.ended || undefined), 'a message of 65,536 bytes: the connection stays')
      return 'the connections ended'
    },
  },
  {
    clause: 'F-4',
    title: 'compares the subprotocol exactly',
    run: (bench) => status400(bench, ['lotus-p2p.20', 'lotus-p2p.1', `${SUBPROTOCOL}.`, 'Lotus-p2p.2']),
  },
  {
    clause: 'F-5',
    title: 'selects the first subprotocol that fits, and takes an upgrade without any',
    async run(bench) {
      direct(bench)
      const rest = `${SUBPROTOCOL}.${toBase64Url(firstFrame(bench))}`
      const first = await upgrade(bench, `other, ${SUBPROTOCOL}, ${rest}`)
      ensure(first.status === 101, `three subprotocols: HTTP ${first.status}`)
      ensure(first.headers['sec-websocket-protocol'] === SUBPROTOCOL, `selects ${first.headers['sec-websocket-protocol']}`)
      const other = await upgrade(bench, `${rest}, ${SUBPROTOCOL}`)
      ensure(other.headers['sec-websocket-protocol'] === rest, 'selects another than the first that fits')
      const none = await upgrade(bench, 'chat, superchat')
      ensure(none.status === 400, `foreign subprotocols: HTTP ${none.status}`)
      const bare = await upgrade(bench, undefined)
      ensure(bare.status === 101, `no subprotocol: HTTP ${bare.status}`)
      return 'first that fits; 400 for foreign ones; 101 without any'
    },
  },
  {
    clause: 'F-6',
    title: 'refuses a first frame that is not canonical base64url, or too long',
    run: (bench) =>
      status400(
        bench,
        ['AB', 'A', toBase64Url(random(1_025))].map((text) => `${SUBPROTOCOL}.${text}`),
      ),
  },
  {
    clause: 'F-7',
    title: 'takes the first frame out of the subprotocol',
    async run(bench) {
      direct(bench)
      await bench.meet()
      await bench.meet({ inUpgrade: false })
      return 'message 2 came, with the first frame in the upgrade and behind it'
    },
  },
  {
    clause: 'F-8',
    title: 'negotiates no extension',
    async run(bench) {
      direct(bench)
      const { headers } = await upgrade(bench, SUBPROTOCOL, {
        'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits',
      })
      const extensions = headers['sec-websocket-extensions']
      ensure(extensions === undefined, `negotiates ${extensions}`)
      return 'none of those offered'
    },
  },
  {
    clause: 'F-10',
    title: 'answers every HTTP request for pages of all origins, uncached',
    async run(bench) {
      const { http, path } = await overHttp(bench)
      const answers = [
        await http.ask('POST', '', firstFrame(bench)),
        await http.ask('POST', `${path}?n=1`, NO_BYTES),
        await http.ask('GET', '/unknownunknownunknown12?after=0'),
      ]
      for (const { headers, status } of answers) {
        ensure(headers['access-control-allow-origin'] === '*', `${status} without Access-Control-Allow-Origin: *`)
        const cache = headers['cache-control'] ?? ''
        ensure(/no-store/.test(cache) && /no-transform/.test(cache), `${status} with Cache-Control: ${cache}`)
      }
      const options = await http.ask('OPTIONS')
      ensure(options.status === 204, `OPTIONS: ${options.status}`)
      return 'the headers are there; OPTIONS: 204'
    },
  },
  {
    clause: 'F-11',
    title: 'draws connection ids of 22 to 64 characters of base64url',
    async run(bench) {
      const [a, b] = [await overHttp(bench), await overHttp(bench)]
      ensure(/^[\w-]{22,64}$/.test(a.id), `the id "${a.id.slice(0, 70)}"`)
      ensure(a.id !== b.id, 'two connections of one id')
      return `${a.id.length} characters`
    },
  },
  {
    clause: 'F-12',
    title: 'ends an HTTP connection with a control, a cut frame or too long a body in a request',
    async run(bench) {
      for (const [what, body, wanted] of [
        ['a control', Uint8Array.of(0, 0, 1), 0],
        ['a cut frame', Uint8Array.of(0, 9, 1), 0],
        ['a body of 262,145 bytes', new Uint8Array(262_145).fill(1), 413],
      ] as const) {
        const { http, path } = await overHttp(bench)
        const { status } = await http.ask('POST', `${path}?n=1`, body).catch(() => ({ status: 413 }))
        ensure(status >= 400 && (wanted === 0 || status === wanted), `${what}: HTTP ${status}`)
        ensure(await isOver(http, path), `${what}: the connection goes on`)
      }
      return 'HTTP 4xx, and the connections ended'
    },
  },
  {
    clause: 'F-14',
    title: 'takes uploads in order, skips what it has, answers with its count',
    async run(bench) {
      const { http, path } = await overHttp(bench)
      const empty = await http.ask('POST', `${path}?n=1`, NO_BYTES)
      ensure(Buffer.from(empty.body).toString() === '1', `an empty upload is answered "${Buffer.from(empty.body)}", not "1"`)
      const first = await http.ask('POST', `${path}?n=0`, framesBody(Uint8Array.of(9), firstFrame(bench)).subarray(0, 3))
      ensure(first.status === 200, `a frame that it has: HTTP ${first.status}`)
      ensure(Buffer.from(first.body).toString() === '1', `a frame that it has is answered "${Buffer.from(first.body)}"`)
      return 'counts 1 and 1'
    },
  },
  {
    clause: 'F-15',
    title: 'ends an HTTP connection whose upload leaves out a frame',
    async run(bench) {
      const { http, path } = await overHttp(bench)
      const { status } = await http.ask('POST', `${path}?n=3`, framesBody(Uint8Array.of(1)))
      ensure(status === 409, `n above the count: HTTP ${status}`)
      ensure(await isOver(http, path), 'the connection goes on')
      return 'HTTP 409, and the connection ended'
    },
  },
  {
    clause: 'F-17',
    title: 'keeps frames until they are acknowledged',
    async run(bench) {
      const { http, path } = await overHttp(bench)
      const first = framesOf((await http.ask('GET', `${path}?after=0`)).body)
      ensure(first[0]?.[0] === Frame.NOISE || first[0]?.[0] === Frame.RETRY, 'no message 2 in the first poll')
      const again = framesOf((await http.ask('GET', `${path}?after=0`)).body)
      ensure(again.length > 0 && Buffer.compare(again[0]!, first[0]!) === 0, 'the frame is not there a second time')
      return 'the same frame in two polls'
    },
  },
  {
    clause: 'F-18',
    title: 'refuses an `after` that was never sent, or that is over',
    async run(bench) {
      const { http, path } = await overHttp(bench)
      await http.ask('GET', `${path}?after=0`)
      const acknowledged = await http.ask('POST', `${path}?n=1&after=1`, NO_BYTES)
      ensure(acknowledged.status === 200, `an acknowledgement: HTTP ${acknowledged.status}`)
      const old = await http.ask('GET', `${path}?after=0`)
      ensure(old.status === 409, `an old request: HTTP ${old.status}`)
      ensure(!(await isOver(http, path)), 'an old request ended the connection')
      const ahead = await http.ask('GET', `${path}?after=99`)
      ensure(ahead.status === 409, `\`after\` above what was sent: HTTP ${ahead.status}`)
      ensure(await isOver(http, path), '`after` above what was sent: the connection goes on')
      return 'HTTP 409 for both; the second ended the connection'
    },
  },
]
