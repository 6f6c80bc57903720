/** Prints the milliseconds that `import` of a module takes in this process, which has loaded nothing else. */
const start = performance.now()
await import(process.argv[2])
const took = performance.now() - start
process.stdout.write(`${took}\n`, () => process.exit())
