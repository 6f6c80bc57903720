/** A process that does as it is told over IPC: `{ id, command, args }`, answered by `{ id, result }` or `{ id, error }`. */
import { fork } from 'node:child_process'

/** In the child. */
export function obey(commands) {
  process.on('message', async ({ id, command, args }) => {
    try {
      process.send({ id, result: await commands[command](args ?? {}) })
    } catch (error) {
      process.send({ id, error: error?.stack ?? String(error) })
    }
  })
  process.on('disconnect', () => process.exit())
}

/** In the parent: `call(command, args)` and `end()`; `stdout` where it is `'pipe'`. */
export function command(program, { args = [], nodeArgs = [], stdout = 'inherit' } = {}) {
  const child = fork(program, args, { execArgv: nodeArgs, stdio: ['ignore', stdout, 'inherit', 'ipc'] })
  const calls = new Map()
  let next = 0
  child.on('message', ({ id, result, error }) => {
    const call = calls.get(id)
    calls.delete(id)
    if (error === undefined) call?.resolve(result)
    else call?.reject(new Error(error))
  })
  child.on('exit', () => {
    for (const { reject } of calls.values()) reject(new Error(`${program} has ended.`))
  })
  return {
    pid: child.pid,
    stdout: child.stdout,
    call: (name, args) =>
      new Promise((resolve, reject) => {
        const id = next++
        calls.set(id, { resolve, reject })
        child.send({ id, command: name, args })
      }),
    end: () => child.kill('SIGKILL'),
  }
}
