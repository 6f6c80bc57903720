import type { Unsubscribe } from '../../base/events.js'

/** Who is to be told of letters, by box. */
export class BoxWatchers {
  private readonly byBox = new Map<string, Set<() => void>>()

  add(box: string, onLetter: () => void): Unsubscribe {
    const watchers = this.byBox.get(box) ?? new Set()
    this.byBox.set(box, watchers)
    const own = () => onLetter()
    watchers.add(own)
    return () => {
      watchers.delete(own)
      if (watchers.size === 0 && this.byBox.get(box) === watchers) this.byBox.delete(box)
    }
  }

  tell(box: string): void {
    for (const onLetter of this.byBox.get(box) ?? []) onLetter()
  }
}
