import { P2PCoordinator } from 'lotus-p2p'
import { onMounted, onUnmounted, ref, shallowRef } from 'vue'

/** A wallet for as long as the component is mounted. `shallowRef`: Vue must not make proxies of a coordinator's inside. */
export function openWallet(config) {
  const wallet = shallowRef()
  const status = ref('offline')
  onMounted(() => {
    wallet.value = new P2PCoordinator(config)
    wallet.value.on('status', (now) => {
      status.value = now
    })
    wallet.value.start().catch(console.error)
  })
  onUnmounted(() => wallet.value?.shutdown())
  return { wallet, status }
}
