/** Lowest first, as paths below src/. */
export const LAYERS: string[]
/** @returns the layer of a file, by its path below src/. */
export function layerOf(file: string): string | undefined
/** Each file below src/ and what it imports, as paths below src/. */
export function importsOf(src: string): Map<string, string[]>
/** @returns a sentence for each import that points upwards, each file without a layer, and each circle. */
export function faultsOf(imports: Map<string, string[]>): string[]
