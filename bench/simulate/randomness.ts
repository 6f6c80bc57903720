/** sfc32: 128 bits of state. Source: Chris Doty-Humphrey, PractRand, public domain. */
export function seededRandom(seed: number): () => number {
  let [a, b, c, d] = [seed, 0x9e3779b9, 0x243f6a88, 1]
  const next = () => {
    const t = (((a + b) | 0) + d) | 0
    d = (d + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + t
    return (t >>> 0) / 4_294_967_296
  }
  for (let i = 0; i < 20; i++) next()
  return next
}

/** From here on everything in this process draws from one seeded source, so that a run can be repeated. */
export function seedProcess(random: () => number): void {
  Math.random = random
  crypto.getRandomValues = (<T extends ArrayBufferView>(array: T): T => {
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
    for (let i = 0; i < bytes.length; i++) bytes[i] = Math.floor(random() * 256)
    return array
  }) as typeof crypto.getRandomValues
}

/**
 * Where hosts are: on a plane, in a few dense regions, each with a last mile of its own. The one-way delay of two hosts is their
 * distance and both last miles, which gives the long tail that measurements of the internet show (King data set, Gummadi 2002:
 * the slowest tenth take three times the median).
 */
export class Geography {
  private readonly places = new Map<string, { x: number; y: number; lastMileMs: number }>()
  private readonly regions: [number, number][]
  private scale = 1

  constructor(
    private readonly random: () => number,
    medianMs: number,
  ) {
    this.regions = Array.from({ length: 8 }, () => [random(), random()])
    const samples = Array.from({ length: 2_001 }, (_, i) => this.delay(`sample ${i}`, `sample ${(i * 7 + 1) % 2_001}`))
    this.scale = medianMs / samples.sort((a, b) => a - b)[1_000]!
  }

  delay(from: string, to: string): number {
    const [a, b] = [this.place(from), this.place(to)]
    return this.scale * (100 * Math.hypot(a.x - b.x, a.y - b.y) + a.lastMileMs + b.lastMileMs)
  }

  private place(host: string) {
    let place = this.places.get(host)
    if (place === undefined) {
      const [x, y] = this.regions[Math.floor(this.random() * this.regions.length)]!
      const normal = () => Math.sqrt(-2 * Math.log(1 - this.random())) * Math.cos(2 * Math.PI * this.random())
      place = { x: x + normal() * 0.05, y: y + normal() * 0.05, lastMileMs: 5 * Math.exp(normal()) }
      this.places.set(host, place)
    }
    return place
  }
}
