// Adds up what all suites reported into one line, and fails if anything did, or if a suite left no report.
import { existsSync, readdirSync, readFileSync } from 'node:fs'

/** One for each suite that .ci/run starts. */
const VITEST = ['vitest.json', 'vitest-packages.json', 'vitest-ci.json']
const PLAYWRIGHT = ['playwright.json', 'playwright-long.json']

const totals = { passed: 0, failed: 0, skipped: 0 }
const count = (name, { passed = 0, failed = 0, skipped = 0 }) => {
  totals.passed += passed
  totals.failed += failed
  totals.skipped += skipped
  console.log(`${name}: ${passed} passed, ${failed} failed, ${skipped} skipped`)
}

const read = (name) => {
  const path = `.reports/${name}`
  return existsSync(path) ? readFileSync(path, 'utf8') : ''
}

/** Counts a report; a suite that crashed has left none, or half of one, and counts as a failure. */
function report(name, countIn) {
  let parsed
  try {
    parsed = JSON.parse(read(name))
  } catch {
    count(`${name} is missing: its suite has crashed`, { failed: 1 })
    return
  }
  count(name, countIn(parsed))
}

function ofVitest({ testResults, numPassedTests, numFailedTests, numPendingTests, numTodoTests, success }) {
  // A file that cannot be loaded has no tests to fail.
  const broken = testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0)
  for (const file of testResults) {
    for (const test of file.assertionResults) if (test.status === 'failed') console.log(`failed ${test.fullName}`)
  }
  for (const file of broken) console.log(`failed to load ${file.name.replace(process.cwd(), '.')}`)
  const failed = numFailedTests + broken.length
  // Errors outside of tests, such as unhandled rejections, fail the run and no test.
  return { passed: numPassedTests, failed: success || failed > 0 ? failed : 1, skipped: numPendingTests + numTodoTests }
}

function ofPlaywright({ stats, suites, errors }) {
  for (const name of suites.flatMap((suite) => failedIn(suite, []))) console.log(`failed ${name}`)
  // A file that cannot be loaded, or a server that does not start, has no tests to fail.
  for (const { message = '' } of errors) console.log(`failed outside of tests: ${message.split('\n', 1)[0]}`)
  return { passed: stats.expected + stats.flaky, failed: stats.unexpected + errors.length, skipped: stats.skipped }
}

/** The failed tests of a suite of Playwright and of those within it: file, suites, test and browser. */
function failedIn({ title, specs = [], suites = [] }, above) {
  const path = [...above, title]
  const own = specs.flatMap((spec) =>
    spec.tests
      .filter(({ status }) => status === 'unexpected')
      .map(({ projectName }) => `${[...path, spec.title].join(' > ')}${projectName ? ` [${projectName}]` : ''}`),
  )
  return [...own, ...suites.flatMap((suite) => failedIn(suite, path))]
}

const checks = readdirSync('.reports')
  .filter((name) => name.startsWith('check-'))
  .map((name) => read(name).trim())
const failedChecks = checks.filter((line) => line.startsWith('failed'))
for (const line of failedChecks) console.log(line)
count('checks', { passed: checks.length - failedChecks.length, failed: failedChecks.length })
for (const name of VITEST) report(name, ofVitest)
for (const name of PLAYWRIGHT) report(name, ofPlaywright)

console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`)
process.exitCode = totals.failed === 0 ? 0 : 1
