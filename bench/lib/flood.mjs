export const LOOPBACK = '127.0.0.1'

/** One-way messages a second, counted at the receiver; every message has to arrive. */
export async function flood(receiver, sender, address, { bytes, quick }) {
  await sender.call('open', { address, mode: 'flood' })
  await sender.call('startFlood', { bytes })
  const { perSecond } = await receiver.call('countWindow', {
    bytes,
    warmupMs: quick ? 700 : 2_000,
    windowMs: quick ? 800 : 3_000,
  })
  await receiver.call('countAll', await sender.call('stopFlood'))
  return perSecond
}
