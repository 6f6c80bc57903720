import type { Database, Operation } from './mail-level-entries.js'

interface Waiting {
  operations: Operation[]
  box: string
  settle(error?: unknown): void
}

/** Writes changes of mailboxes, each all or nothing. What waits while one batch is written shares the next, with one `sync` for all. */
export class MailWrites {
  private waiting: Waiting[] = []
  /** Settles when nothing waits to be written. */
  private writing: Promise<void> | undefined

  /** @param usageOf writes the numbers of a box, which are those with all of a batch. */
  constructor(
    private readonly database: () => Promise<Database>,
    private readonly usageOf: (box: string) => Operation,
  ) {}

  /** @param box whose numbers have changed. @returns resolves when it is on the disk. */
  write(operations: Operation[], box: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ operations, box, settle: (error) => (error === undefined ? resolve() : reject(error)) })
      this.writing ??= this.writeAll()
    })
  }

  private async writeAll(): Promise<void> {
    while (this.waiting.length > 0) {
      const writes = this.waiting
      this.waiting = []
      const numbers = [...new Set(writes.map(({ box }) => box))].map((box) => this.usageOf(box))
      try {
        const database = await this.database()
        await database.batch([...writes.flatMap(({ operations }) => operations), ...numbers], { sync: true })
        for (const { settle } of writes) settle()
      } catch (error) {
        for (const { settle } of writes) settle(error)
      }
    }
    this.writing = undefined
  }
}
