/** The same load for both: records at nodes by lot, got by nodes by lot. Prints one line of JSON. */
export async function measureDht({ nodes, put, get, records = 100, gets = 300 }) {
  const pick = () => nodes[Math.floor(Math.random() * nodes.length)]
  let started = performance.now()
  for (let i = 0; i < records; i++) await put(pick(), i)
  const storeMs = (performance.now() - started) / records
  const latencies = []
  let missed = 0
  const one = async () => {
    const i = Math.floor(Math.random() * records)
    const startedAt = performance.now()
    if (!(await get(pick(), i))) missed++
    latencies.push(performance.now() - startedAt)
  }
  for (let i = 0; i < gets; i++) await one()
  const sorted = latencies.sort((a, b) => a - b)
  const [p50, p95] = [sorted[Math.floor(gets * 0.5)], sorted[Math.floor(gets * 0.95)]]
  let left = gets * 3
  const total = left
  started = performance.now()
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      while (left-- > 0) await one()
    }),
  )
  const perS = total / ((performance.now() - started) / 1000)
  console.log(JSON.stringify({ p50, p95, perS, storeMs, missed }))
}

/** Until everybody knows most of the others, at most half a minute. */
export async function settled(count, sizes) {
  for (let i = 0; i < 60 && sizes().some((size) => size < count * 0.6); i++) await new Promise((done) => setTimeout(done, 500))
}
