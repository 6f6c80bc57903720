import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { test } from '@playwright/test'

const root = fileURLToPath(new URL('../', import.meta.url))

/** The command of `npm run demo`, without the build, on free ports. */
export async function startDemo(): Promise<{ demo: ChildProcess; address: string }> {
  const demo = spawn(process.execPath, ['examples-web/demo.mjs', '--port', '0', '--relay-port', '0'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const address = await new Promise<string>((resolve, reject) => {
    let output = ''
    demo.once('exit', (code) => reject(new Error(`The demo ended with ${code}: ${output}`)))
    demo.stdout!.setEncoding('utf8').on('data', (text: string) => {
      output += text
      const found = /wallet\s+(http:\S+)/.exec(output)
      if (found && output.includes('Ctrl-C')) resolve(found[1]!)
    })
  })
  return { demo, address }
}

/** One demo for all tests of a file. @returns what tells its address, once the tests run. */
export function demoForAll(): () => string {
  let running: { demo: ChildProcess; address: string }
  test.beforeAll(async () => {
    running = await startDemo()
  })
  test.afterAll(async () => {
    running.demo.kill()
    await once(running.demo, 'exit')
  })
  return () => running.address
}
