import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A balancer of TCP connections, round robin: one that a target refuses goes to the next. */
export class Balancer {
  private next = 0
  private readonly sockets = new Set<Socket>()
  private isCut = false
  private readonly server = createServer((client) => {
    if (this.isCut) {
      this.keep(client)
      client.pause()
      return
    }
    const first = this.next++
    this.keep(client)
    client.pause()
    this.pass(client, first, 0)
  })

  private constructor(public targets: number[]) {}

  /** @param targets ports on loopback; they may be changed at any time. */
  static async start(targets: number[] = []): Promise<Balancer> {
    const balancer = new Balancer(targets)
    balancer.server.listen(0, '127.0.0.1')
    await once(balancer.server, 'listening')
    return balancer
  }

  get host(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  /** Lets no byte through from now on, in either direction, as a cable that is cut: nobody is told. */
  cut(): void {
    this.isCut = true
    for (const socket of this.sockets) socket.pause()
  }

  /** Ends what was cut, and lets new connections through. */
  mend(): void {
    this.isCut = false
    for (const socket of this.sockets) socket.destroy()
  }

  async stop(): Promise<void> {
    this.server.close()
    for (const socket of this.sockets) socket.destroy()
  }

  private pass(client: Socket, first: number, tried: number): void {
    if (tried >= this.targets.length) return void client.destroy()
    const target = connect(this.targets[(first + tried) % this.targets.length]!, '127.0.0.1')
    const onRefused = () => this.pass(client, first, tried + 1)
    target.once('error', onRefused)
    target.once('connect', () => {
      target.off('error', onRefused)
      this.keep(target)
      for (const [socket, other] of [
        [client, target],
        [target, client],
      ] as const)
        socket.on('close', () => other.destroy())
      client.pipe(target).pipe(client)
    })
  }

  private keep(socket: Socket): void {
    this.sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.sockets.delete(socket))
  }
}
