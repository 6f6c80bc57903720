/**
 * Who keeps the most, where all that there is to keep is taken: one thing of it makes room for a peer that keeps less.
 *
 * @param own how many the peer keeps that wants one more.
 * @returns undefined where nobody keeps more than that and one.
 */
export function greediest(all: Iterable<[string, { readonly size: number }]>, own: number): string | undefined {
  let most = own + 1
  let found: string | undefined
  for (const [peerId, { size }] of all) {
    if (size <= most) continue
    most = size
    found = peerId
  }
  return found
}
