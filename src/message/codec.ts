export { decode } from './decoder.js'
export { encode } from './encoder.js'
