import { fileStore } from '../../src/node/file-store.js'

/** Writes so many entries `<name>/<n>` into a store, one after the other, tells that it has begun, and ends. */
const [path = '', name = '', count = ''] = process.argv.slice(2)
const store = fileStore(path)
for (let n = 0; n < Number(count); n++) {
  await store.set(`${name}/${n}`, Uint8Array.of(n & 255))
  if (n === 0) process.send?.('begun')
}
await store.close()
process.disconnect?.()
