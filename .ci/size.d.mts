/** Bytes, gzip, that each import may cost. */
export const BUDGETS: Record<string, number>
/** What an import of `lotus-p2p` costs a browser: bytes after gzip; `*` is everything. */
export function sizeOf(name: string): Promise<number>
