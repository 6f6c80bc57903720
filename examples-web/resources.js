// Resources: announce, withdraw, look up; and a live list of those that are watched, pushed by the relay.

import { beforePaint, byId, cleanText, duration, h, rttText, setText, shortId } from './dom.js'
import { identicon } from './identicon.js'
import { OFFER } from './trade.js'

/** Rows on the page, types watched at once, characters of data shown. */
const MAX_ROWS = 100
const MAX_WATCHES = 8
const MAX_DATA = 600
const MAX_LABEL = 80

/** @param options.onError called with a failure and what was being done; `onAccept` with an offer that the user accepts. */
export function resources(wallet, { onError, onAccept }) {
  const { coordinator } = wallet
  const list = byId('resources')
  const type = byId('resource-type')
  const id = byId('resource-id')
  const data = byId('resource-data')
  const ttl = byId('resource-ttl')
  /** By type, creator and id. */
  const rows = new Map()
  /** Watched types and what ends each watch. */
  const watches = new Map()

  function watch(name) {
    if (name === '' || watches.has(name)) return
    if (watches.size >= MAX_WATCHES) {
      throw new wallet.sdk.P2PError('LIMIT_EXCEEDED', `This page watches at most ${MAX_WATCHES} types. Stop watching one first.`)
    }
    watches.set(
      name,
      coordinator.watchResources(name, {}, (resource, change) => changed(resource, change)),
    )
    showWatches()
  }

  function unwatch(name) {
    watches.get(name)?.()
    watches.delete(name)
    for (const [key, row] of rows) if (row.type === name) remove(key)
    showWatches()
    count()
  }

  function changed(resource, change) {
    const key = JSON.stringify([resource.resourceType, resource.creatorPeerId, resource.resourceId])
    const mine = resource.creatorPeerId === wallet.peerId
    const label = `${cleanText(resource.resourceType, MAX_LABEL)}/${cleanText(resource.resourceId, MAX_LABEL)}`
    wallet.log('resource', `${label} ${change} by ${mine ? 'me' : wallet.nameOfId(resource.creatorPeerId)}`)
    const relay = wallet.relays()[0]
    if (relay !== undefined) wallet.traffic(relay.peerId, mine ? 'out' : 'in')
    if (change === 'removed') remove(key)
    else show(key, resource, mine)
    count()
  }

  function show(key, resource, mine) {
    let row = rows.get(key)
    if (row === undefined) {
      if (rows.size >= MAX_ROWS) remove(rows.keys().next().value)
      row = rowOf(resource, mine, wallet, () => (mine ? withdraw(resource) : onAccept(resource)))
      rows.set(key, row)
      list.prepend(row.element)
    }
    row.show(resource)
  }

  function remove(key) {
    rows.get(key)?.element.remove()
    rows.delete(key)
  }

  const count = beforePaint(() => {
    byId('no-resources').hidden = rows.size > 0
    setText(byId('resource-count'), `${rows.size} live`)
  })

  async function withdraw({ resourceType, resourceId }) {
    try {
      await coordinator.withdrawResource(resourceType, resourceId)
    } catch (error) {
      onError(error, 'Withdrawing')
    }
  }

  function showWatches() {
    byId('watches').replaceChildren(
      ...[...watches.keys()].map((name) =>
        h(
          'li',
          { class: 'watch' },
          h('span', { text: name }),
          h('button', { type: 'button', text: '×', 'aria-label': `Stop watching ${name}`, on: { click: () => unwatch(name) } }),
        ),
      ),
    )
  }

  byId('resource-form').addEventListener('submit', async (event) => {
    event.preventDefault()
    try {
      const value = readJson(data.value, wallet.sdk)
      watch(type.value.trim())
      await coordinator.announceResource(type.value.trim(), id.value.trim(), value, { ttl: Number(ttl.value) })
      id.value = freshId()
    } catch (error) {
      onError(error, 'Announcing')
    }
  })

  byId('watch-form').addEventListener('submit', (event) => {
    event.preventDefault()
    try {
      watch(byId('watch-type').value.trim())
      byId('watch-type').value = ''
    } catch (error) {
      onError(error, 'Watching')
    }
  })

  byId('look-up').addEventListener('click', async () => {
    const began = performance.now()
    const name = byId('watch-type').value.trim() || type.value.trim()
    try {
      const found = await coordinator.discoverResources(name)
      wallet.log('resource', `discoverResources found ${found.length} of type ${name} in ${rttText(performance.now() - began)}`)
      setText(byId('look-up-result'), `${found.length} found in ${rttText(performance.now() - began)}`)
    } catch (error) {
      onError(error, 'Looking up')
    }
  })

  id.value = freshId()
  return {
    /** Begins to watch the type in the form. */
    start: () => watch(type.value.trim()),
    /** Counts down the lifetimes. */
    tick: () => {
      for (const row of rows.values()) row.tick()
    },
  }
}

function rowOf(first, mine, wallet, onAction) {
  const value = h('pre', { class: 'data', dir: 'auto' })
  const left = h('span', { class: 'muted' })
  const life = h('span', { class: 'life' }, h('i'))
  const resourceId = cleanText(first.resourceId, MAX_LABEL)
  let resource = first
  const element = h(
    'li',
    { class: 'resource', data: { mine } },
    identicon(first.creatorPeerId),
    h(
      'div',
      { class: 'resource-main' },
      h(
        'div',
        { class: 'resource-title' },
        h('strong', { text: resourceId, dir: 'auto' }),
        h('span', { class: 'badge', text: cleanText(first.resourceType, MAX_LABEL), dir: 'auto' }),
        mine
          ? h('span', { class: 'muted', text: 'mine' })
          : h('span', {
              class: 'muted',
              text: `by ${wallet.nameOfId(first.creatorPeerId)}`,
              title: shortId(first.creatorPeerId),
              dir: 'auto',
            }),
      ),
      value,
      h('div', { class: 'resource-foot' }, life, left),
    ),
    mine &&
      h('button', {
        type: 'button',
        class: 'quiet danger',
        text: 'Withdraw',
        'aria-label': `Withdraw ${resourceId}`,
        on: { click: onAction },
      }),
    !mine &&
      first.resourceType === OFFER &&
      h('button', { type: 'button', text: 'Accept', 'aria-label': `Accept ${resourceId}`, on: { click: onAction } }),
  )
  const tick = () => {
    const now = Date.now()
    const { expiresAt, createdAt } = resource
    if (expiresAt === undefined) return setText(left, 'no end')
    setText(left, expiresAt > now ? `${duration(expiresAt - now)} left` : 'ending')
    const part = Math.min(1, Math.max(0, (expiresAt - now) / Math.max(1, expiresAt - Math.min(createdAt, now))))
    life.firstElementChild.style.setProperty('inline-size', `${Math.round(part * 100)}%`)
    return undefined
  }
  return {
    element,
    type: first.resourceType,
    show(latest) {
      resource = latest
      setText(value, dataText(latest.data))
      tick()
    },
    tick,
  }
}

/** Data of a stranger as one readable text. */
function dataText(data) {
  const readable = (_key, value) => {
    if (typeof value === 'bigint') return `${value}n`
    return value instanceof Uint8Array ? `${value.length} bytes` : value
  }
  return cleanText(JSON.stringify(data, readable) ?? '', MAX_DATA)
}

function readJson(text, { P2PError }) {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new P2PError('INVALID_RESOURCE', `The data is not JSON: ${error.message}.`, { cause: error })
  }
}

function freshId() {
  return `offer-${crypto.getRandomValues(new Uint32Array(1))[0].toString(36).slice(0, 4)}`
}
