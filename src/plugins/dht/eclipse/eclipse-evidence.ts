/** One relay that we have chosen, and what it has said in one round of comparing; undefined where it has not answered. */
export interface View {
  readonly peerId: string
  /** Who runs it, as far as its address tells. Those without one are all taken for the same. */
  readonly origin: string | undefined
  readonly isTrusted: boolean
  /** Whether it shows the record of ours that it was asked for. */
  ownShown?: boolean | undefined
  /** Whether it shows the record of somebody else that it was asked for. */
  otherShown?: boolean | undefined
}

/**
 * `own-record-missing`: half of the relays or more do not show a record of ours, though they took it. `views-differ`: they do not show one that independent
 * relays, or an anchor, show. `anchors-lost`: none of the configured anchors can be reached, though others can.
 * `single-operator`, `single-group`: told beside one of these, where all relays but the anchors have one domain, or addresses of
 * one group; alone that means dependence, not an attack.
 */
export type EclipseReasonKind = 'own-record-missing' | 'views-differ' | 'anchors-lost' | 'single-operator' | 'single-group'

export interface EclipseReason {
  kind: EclipseReasonKind
  /** A sentence for people. */
  detail: string
}

export interface Finding {
  reasons: EclipseReason[]
  /** Peer ids of those whom the reasons speak of. */
  suspects: string[]
}

/**
 * What one round of comparing shows. Records are signed, so that nobody can make one up: where one shows it and another does
 * not, the other is behind, cut off, or hides it. A single relay that does so eclipses nobody; half of all do.
 */
export function judge(
  views: readonly View[],
  [ownKey, otherKey]: readonly (string | undefined)[],
  anchors: { configured: number; connected: number },
): Finding {
  const reasons: EclipseReason[] = []
  const suspects = new Set<string>()
  const add = (kind: EclipseReasonKind, detail: string, peers: readonly View[] = []) => {
    reasons.push({ kind, detail })
    for (const { peerId } of peers) suspects.add(peerId)
  }
  const owned = views.filter(({ ownShown }) => ownShown !== undefined)
  const hiding = owned.filter(({ ownShown }) => !ownShown)
  // One relay alone may be all there is: to depend on it is no evidence.
  if (owned.length > 1 && isMost(hiding, owned)) {
    add('own-record-missing', `${hiding.length} of ${owned.length} relays took our ${ownKey} and do not show it.`, hiding)
  }
  const asked = views.filter(({ otherShown }) => otherShown !== undefined)
  const showing = asked.filter(({ otherShown }) => otherShown)
  const origins = new Set(showing.map(({ origin }) => origin))
  const isProven = showing.some(({ isTrusted }) => isTrusted) || [...origins].filter(Boolean).length > 1
  // Two relays of one operator may be replicas, one of them late; they are no two witnesses.
  const denying = asked.filter(({ otherShown, origin }) => !otherShown && !origins.has(origin))
  if (isProven && isMost(denying, asked)) {
    const who = showing.map(({ peerId }) => peerId).join(', ')
    add('views-differ', `${denying.length} of ${asked.length} relays do not show ${otherKey}; ${who} do.`, denying)
  }
  const { configured, connected } = anchors
  if (configured > 0 && connected === 0 && views.length > 0) {
    add('anchors-lost', `${views.length} relays can be reached, none of ${configured} anchors.`, views)
  }
  const others = views.filter(({ isTrusted }) => !isTrusted)
  const origin = others[0]?.origin
  if (reasons.length > 0 && others.length > 1 && origin !== undefined && others.every((view) => view.origin === origin)) {
    add(
      /^[\d.]+$|:/.test(origin) ? 'single-group' : 'single-operator',
      `All ${others.length} relays but anchors are of ${origin}.`,
    )
  }
  return { reasons, suspects: [...suspects] }
}

function isMost(some: readonly View[], all: readonly View[]): boolean {
  return some.length > 0 && some.length * 2 >= all.length
}
