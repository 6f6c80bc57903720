const { isP2PError, P2PCoordinator } = require('lotus-p2p')

test('a component shows what another wallet sends', async () => {
  document.body.innerHTML = '<output></output>'
  const [alice, bob] = [1, 2].map(() => new P2PCoordinator({ bootstrap: [process.env.RELAY] }))
  await Promise.all([alice.start(), bob.start()])
  const shown = new Promise((resolve) => {
    bob.on('message', ({ payload }) => {
      document.querySelector('output').textContent = `${payload.sats} sats, ${payload.memo.length} bytes`
      resolve()
    })
  })
  await alice.connectToPeer(bob.peerId)
  await alice.sendTo(bob.peerId, { type: 'invoice', payload: { sats: 250_000n, memo: new Uint8Array(3) } })
  await shown
  expect(document.querySelector('output').textContent).toBe('250000 sats, 3 bytes')
  const error = await alice.sendTo('lp1nobody', { type: 'hello', payload: null }).catch((reason) => reason)
  expect(isP2PError(error) && error.code).toBe('PEER_NOT_CONNECTED')
  // Or timers keep the process alive.
  await Promise.all([alice.shutdown(), bob.shutdown()])
})
