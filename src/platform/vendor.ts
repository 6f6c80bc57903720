// What the SDK takes from small packages. Node loads it in one file, since a dozen files take it longer to find than to run; bundlers
// are sent to the packages, which an application shares with us.
export { createStore, get, promisifyRequest, update } from 'idb-keyval'
export { default } from 'mitt'
export { nanoid, urlAlphabet } from 'nanoid'
