/** A site of files; the same app runs with a server. */
export default { output: 'export' }
