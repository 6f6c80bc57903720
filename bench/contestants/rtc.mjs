/** A plain RTCDataChannel between two tabs: ordered, with the watermarks that are steadiest. The ceiling of WebRTC. */
import { serve } from './role.mjs'
import { oneWay, openTwoTabs } from './tabs.mjs'

const SCRIPT = `
  const HIGH_WATER_BYTES = 262_144
  const LOW_WATER_BYTES = 65_536
  const connection = new RTCPeerConnection()
  const gathered = new Promise((resolve) => {
    connection.onicecandidate = ({ candidate }) => candidate === null && resolve()
  })
  /** Sets our description; it is told with all candidates in it. */
  const describe = async () => {
    await connection.setLocalDescription()
    await gathered
    return connection.localDescription.toJSON()
  }
  const serve = (channel) => {
    channel.binaryType = 'arraybuffer'
    channel.bufferedAmountLowThreshold = LOW_WATER_BYTES
    let goOn
    channel.onbufferedamountlow = () => goOn?.()
    channel.onmessage = ({ data }) => window.arrived(data)
    window.send = (payload) => {
      channel.send(payload)
      if (channel.bufferedAmount < HIGH_WATER_BYTES) return undefined
      return new Promise((resolve) => {
        goOn = resolve
      })
    }
  }
  window.offer = () => {
    const channel = connection.createDataChannel('bench', { ordered: true })
    serve(channel)
    window.opened = new Promise((resolve) => {
      channel.onopen = () => resolve()
    })
    return describe()
  }
  window.answer = async (offer) => {
    connection.ondatachannel = ({ channel }) => serve(channel)
    await connection.setRemoteDescription(offer)
    return describe()
  }
  window.accept = (answer) => connection.setRemoteDescription(answer)
`

let tabs

serve({
  name: 'rtc',
  versions: {},

  commands: {
    async openTabs() {
      tabs = await openTwoTabs(SCRIPT)
      const offer = await tabs.from.evaluate(() => window.offer())
      const answer = await tabs.to.evaluate((offer) => window.answer(offer), offer)
      await tabs.from.evaluate((answer) => window.accept(answer), answer)
      await tabs.from.evaluate(() => window.opened)
      return { chromium: tabs.version }
    },
    tabsOneWay: (settings) => oneWay(tabs, settings),
  },
})
