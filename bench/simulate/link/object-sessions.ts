// In the place of src/peer/connection/sessions.ts: a link of objects loses nothing, so there is nothing to remember between two of them.
const SESSION = {}

export class Sessions {
  readonly size = 0

  open(): object {
    return SESSION
  }

  of(): object {
    return SESSION
  }

  away(): void {}

  takeBack(): boolean {
    return false
  }

  close(): void {}
}
