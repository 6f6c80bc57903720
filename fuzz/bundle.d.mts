export const TARGETS: readonly string[]
