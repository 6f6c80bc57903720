#!/usr/bin/env node
// Installs the fuzzer where it is missing; says so and goes on where it cannot: nobody's checkout fails for a fuzzer.
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { forOlderLibc } from './older-libc.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
const addon = `${here}node_modules/@jazzer.js/fuzzer/prebuilds/fuzzer-${process.platform}-${process.arch}.node`

/** A checkout without a network should hear so soon. */
const INSTALL_MS = 180_000

/** @returns why the fuzzer cannot run here; undefined where it can. */
export function install() {
  if (!existsSync(addon)) {
    const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--fetch-retries=1'], {
      cwd: here,
      encoding: 'utf8',
      timeout: INSTALL_MS,
      shell: process.platform === 'win32',
    })
    if (npm.status !== 0) return `npm ci failed: ${npm.error?.message ?? /npm error (.*)/.exec(npm.stderr)?.[1] ?? npm.status}`
    if (!existsSync(addon)) return `Jazzer.js has no binary for ${process.platform}-${process.arch}`
  }
  return whyNot()
}

/** The same, without installing anything. */
export function whyNot() {
  if (!existsSync(addon)) return 'it is not installed (node fuzz/install.mjs)'
  const failure = loadFailure()
  if (failure === undefined) return undefined
  if (!/GLIBC/.test(failure)) return failure
  const original = `${addon}.original`
  if (!existsSync(original)) copyFileSync(addon, original)
  try {
    forOlderLibc(original, addon)
  } catch (error) {
    return error.message
  }
  return loadFailure()
}

/** In a process of its own: what fails to load may take it down. */
function loadFailure() {
  const { status, stderr } = spawnSync(process.execPath, ['-e', `require(${JSON.stringify(addon)})`], { encoding: 'utf8' })
  return status === 0 ? undefined : (/Error: .*/.exec(stderr)?.[0] ?? `the fuzzer's addon ends with status ${status}`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const failure = install()
  if (failure !== undefined) console.warn(`Coverage-guided fuzzing will be SKIPPED: ${failure}`)
}
