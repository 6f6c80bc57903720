/** Loaded before a program (`--import`), which then tells whoever has forked it what it has cost: milliseconds of processor time of the process. */
process.on('message', ({ id, command }) => {
  if (command === 'exit') process.exit()
  const { user, system } = process.cpuUsage()
  process.send({ id, result: (user + system) / 1_000 })
})
// The program ends when it has nothing to do.
process.channel?.unref()
