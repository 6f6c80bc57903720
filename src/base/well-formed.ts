export { cutText, isWellFormed } from './text.js'
