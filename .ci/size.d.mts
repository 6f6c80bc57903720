/** Entries of dist. */
export const CORE: string
export const ERRORS: string
/** What is measured: the names imported from an entry of dist, and the bytes after gzip that they may cost. No names: everything. */
export const BUDGETS: readonly {
  name: string
  from: string
  imports: readonly string[]
  isBeside?: boolean
  beside?: readonly string[]
  budget: number
}[]
/** What an import costs a browser: bytes after gzip. */
export function sizeOf(from: string, imports: readonly string[], isBeside?: boolean, beside?: readonly string[]): Promise<number>
/** What each plugin adds to the core, bytes after gzip. */
export function pluginCosts(): Promise<{ name: string; bytes: number }[]>
/** Names of what every import of an entry costs, whatever it names. */
export function leftOf(from: string): Promise<string[]>
