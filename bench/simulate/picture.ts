import type { RunResult } from './run-once.js'

const [WIDTH, HEIGHT, LEFT, TOP] = [720, 300, 60, 40]

/** Success and hops of each run, as SVG. */
export function pictureOf(results: RunResult[]): string {
  const panels = [
    panel(0, 'Lookups that found the record, %', results, ({ found }) => found * 100, 100),
    panel(1, 'Hops, mean', results, ({ hops }) => hops.mean, Math.max(4, ...results.map(({ hops }) => Math.ceil(hops.mean)))),
  ]
  const height = panels.length * HEIGHT
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>
${panels.join('\n')}
</svg>
`
}

function panel(index: number, title: string, results: RunResult[], measure: (result: RunResult) => number, max: number): string {
  const top = index * HEIGHT + TOP
  const [width, height] = [WIDTH - LEFT - 20, HEIGHT - TOP - 60]
  const step = width / results.length
  const bars = results.map((result, i) => {
    const value = measure(result)
    const [x, size] = [LEFT + i * step + step * 0.2, (value / max) * height]
    const { nodes, hostile, paths, churnMinutes } = result.setting
    const label = [
      `n=${nodes}`,
      hostile > 0 ? `${hostile * 100} % hostile` : '',
      `d=${paths}`,
      churnMinutes > 0 ? `churn ${churnMinutes} min` : '',
    ]
    return `<rect x="${x}" y="${top + height - size}" width="${step * 0.6}" height="${size}" fill="#4b6bfb"/>
<text x="${x + step * 0.3}" y="${top + height - size - 4}" text-anchor="middle">${value.toFixed(2)}</text>
${label
  .filter((line) => line !== '')
  .map(
    (line, n) => `<text x="${x + step * 0.3}" y="${top + height + 14 + 13 * n}" text-anchor="middle" fill="#555">${line}</text>`,
  )
  .join('\n')}`
  })
  return `<text x="${LEFT}" y="${top - 16}" font-size="14" font-weight="bold">${title}</text>
<line x1="${LEFT}" y1="${top + height}" x2="${LEFT + width}" y2="${top + height}" stroke="#999"/>
<text x="${LEFT - 6}" y="${top + 4}" text-anchor="end" fill="#555">${max}</text>
<text x="${LEFT - 6}" y="${top + height}" text-anchor="end" fill="#555">0</text>
${bars.join('\n')}`
}
