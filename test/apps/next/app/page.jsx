// Rendered on the server: the SDK may be imported there too.
import { VERSION } from 'lotus-p2p'
import { Wallet } from './wallet.jsx'

export default function Page() {
  return (
    <main data-version={VERSION}>
      <Wallet />
    </main>
  )
}
