import { table } from '../table.js'

/** What `broadcastChannel()` reads beside the limits of the core. */
export const TAB_LIMITS = /* @__PURE__ */ table({
  /** Time for another tab of the same browser to answer a dial: no network is between, so who is silent longer is frozen or gone. */
  tabDialTimeoutMs: 1_000,
  /** Unacknowledged bytes of one direction of one channel between tabs: the most that the other tab may have to hold for it. */
  tabWindowBytes: 524_288,
  /** Tabs remembered as found, so that each is told once: far more than anybody keeps open. */
  maxTabs: 256,
} as const)
