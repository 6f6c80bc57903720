// Adds up what all suites reported into one line, and fails if anything did, or if a suite left no report.
import { existsSync, readdirSync, readFileSync } from 'node:fs'

const totals = { passed: 0, failed: 0, skipped: 0 }
const count = (name, numbers) => {
  for (const key of Object.keys(totals)) totals[key] += numbers[key]
  console.log(`${name}: ${numbers.passed} passed, ${numbers.failed} failed, ${numbers.skipped} skipped`)
}

const read = (name) => {
  const path = `.reports/${name}`
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}

const checks = (read('checks.txt') ?? '').trim().split('\n').filter(Boolean)
for (const line of checks.filter((line) => line.startsWith('failed'))) console.log(line)
count('checks', {
  passed: checks.filter((line) => line.startsWith('passed')).length,
  failed: checks.filter((line) => line.startsWith('failed')).length,
  skipped: 0,
})

for (const name of existsSync('.reports') ? readdirSync('.reports').filter((file) => /^vitest.*\.json$/.test(file)) : []) {
  const report = JSON.parse(read(name))
  // A file that cannot be loaded has no tests to fail.
  const broken = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0)
  for (const file of report.testResults) {
    for (const test of file.assertionResults) if (test.status === 'failed') console.log(`failed ${test.fullName}`)
  }
  for (const file of broken) console.log(`failed to load ${file.name.replace(process.cwd(), '.')}`)
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = report
  count(name, { passed: numPassedTests, failed: numFailedTests + broken.length, skipped: numPendingTests + numTodoTests })
}

const playwright = read('playwright.json')
if (playwright !== undefined) {
  const { stats, errors } = JSON.parse(playwright)
  count('playwright.json', {
    passed: stats.expected + stats.flaky,
    failed: stats.unexpected + errors.length,
    skipped: stats.skipped,
  })
}
for (const name of ['vitest.json', 'playwright.json']) {
  if (read(name) === undefined) count(`${name} is missing`, { passed: 0, failed: 1, skipped: 0 })
}

console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`)
process.exitCode = totals.failed === 0 ? 0 : 1
