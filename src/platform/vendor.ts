// What the SDK takes from small packages. Node loads it in one file, since a dozen files take it longer to find than to run; bundlers
// are sent to the packages, which an application shares with us.
export { chacha20poly1305 } from '@noble/ciphers/chacha.js'
export { sha256 } from '@noble/hashes/sha2.js'
export { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'
export { createStore, del, get, promisifyRequest, set, update } from 'idb-keyval'
export { default } from 'mitt'
export { nanoid, urlAlphabet } from 'nanoid'
