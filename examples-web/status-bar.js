// Whether this wallet is online, and the button that lets it sleep.

import { byId, setText } from './dom.js'

const STATUS_WORDS = {
  offline: 'Offline',
  connecting: 'Connecting',
  online: 'Online',
  suspended: 'Asleep',
  standby: 'Other tab leads',
}

/** @param options.onError called with a failure and what was being done. */
export function statusBar(wallet, { onError }) {
  const sleep = byId('sleep')
  sleep.addEventListener('click', async () => {
    try {
      if (wallet.isAsleep) await wallet.wake()
      else wallet.sleep()
    } catch (error) {
      onError(error, wallet.isAsleep ? 'Falling asleep' : 'Waking up')
    }
  })

  function update() {
    byId('status').dataset.status = wallet.status
    setText(byId('status-word'), STATUS_WORDS[wallet.status] ?? wallet.status)
    sleep.setAttribute('aria-pressed', String(wallet.isAsleep))
  }
  return { update }
}
