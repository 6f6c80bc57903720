import { searchNonces, type WorkTask } from './work-search.js'

/** Nonces between two messages: a twentieth of a second on a desktop, a third on a slow phone. */
const CHUNK_HASHES = 131_072

const scope = globalThis as unknown as {
  postMessage(message: { hashes: number; nonce?: number | undefined }): void
  onmessage: ((event: { data: WorkTask }) => void) | null
}

/** One task for each worker; whoever has given it ends the worker when it needs it no more. */
scope.onmessage = ({ data }) => {
  const search = searchNonces(data)
  let nonce: number | undefined
  for (let from = 0; nonce === undefined; from += CHUNK_HASHES) {
    nonce = search(from, CHUNK_HASHES)
    scope.postMessage({ hashes: nonce === undefined ? from + CHUNK_HASHES : nonce + 1, nonce })
  }
}
