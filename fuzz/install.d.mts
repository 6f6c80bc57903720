/** @returns why the fuzzer cannot run here; undefined where it can. */
export function install(): string | undefined
/** The same, without installing anything. */
export function whyNot(): string | undefined
