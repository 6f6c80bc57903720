import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { dashboardOf, FILES, metricNames, rulesOf } from '../../docs/make-dashboard.mjs'
import { memoryMail } from '../../src/mail/server/memory-mail.js'
import { startRelay } from '../../src/node/relay.js'

const docs = new URL('../../docs/', import.meta.url)

describe('the dashboard and the alerts', () => {
  it.each(Object.entries(FILES))('docs/%s is what the table makes', (name, make) => {
    expect(readFileSync(new URL(name, docs), 'utf8'), 'npm run docs:dashboard').toBe(make())
  })

  it('name metrics that a relay has', async () => {
    const relay = await startRelay({ port: 0, host: '127.0.0.1', metrics: true, mail: memoryMail() })
    const text = await (await fetch(`${relay.url.replace('ws', 'http')}/metrics`)).text()
    await relay.stop()
    const served = new Set([...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name!))
    for (const name of metricNames()) expect(served, name).toContain(name)
    expect(metricNames().length).toBeGreaterThan(25)
  })

  it('is a dashboard whose panels have places of their own, and each a source', () => {
    const { panels, templating } = dashboardOf()
    expect(templating.list.map(({ name }) => name)).toEqual(['source', 'node'])
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    const taken = new Set<string>()
    for (const { title, gridPos, type, targets } of panels) {
      expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24)
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken.has(`${x} ${y}`), title).toBe(false)
          taken.add(`${x} ${y}`)
        }
      }
      if (type === 'row') continue
      expect(targets!.length, title).toBeGreaterThan(0)
      expect(new Set(targets!.map(({ refId }) => refId)).size).toBe(targets!.length)
      for (const { expr } of targets!) {
        expect(expr).not.toContain('$m')
        expect(expr).not.toContain('$n{')
        // Balanced, whatever is in them.
        expect(expr.match(/[([{]/g)?.length ?? 0, expr).toBe(expr.match(/[)\]}]/g)?.length ?? 0)
      }
    }
  })

  it('has alerts of distinct names, each with a time, a severity and what to do', () => {
    const { groups } = parse(rulesOf())
    const [{ rules }] = groups
    expect(new Set(rules.map(({ alert }: { alert: string }) => alert)).size).toBe(rules.length)
    for (const { alert, expr, for: duration, labels, annotations } of rules) {
      expect(expr, alert).not.toContain('$')
      expect(duration, alert).toMatch(/^\d+[smh]$/)
      expect(['page', 'warn'], alert).toContain(labels.severity)
      expect(annotations.summary.length, alert).toBeGreaterThan(40)
    }
  })

  const promtool = spawnSync('promtool', ['--version'])
  it.skipIf(promtool.error !== undefined)('has alerts that Prometheus takes', () => {
    const file = fileURLToPath(new URL('prometheus/relay.rules.yml', docs))
    const { status, stderr } = spawnSync('promtool', ['check', 'rules', file], { encoding: 'utf8' })
    expect([status, stderr]).toEqual([0, ''])
  })
})
