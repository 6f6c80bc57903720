type NodeCrypto = typeof import('node:crypto')

/**
 * Node's own crypto where we run in Node, found at run time so that no bundler sees an import. Node 20 prints an
 * experimental-feature warning for Ed25519 through WebCrypto; this way it does not, and calls are synchronous.
 */
export const nodeCrypto: NodeCrypto | undefined = /* @__PURE__ */ findNodeCrypto()

function findNodeCrypto(): NodeCrypto | undefined {
  const host = (globalThis as { process?: { versions?: { node?: string }; getBuiltinModule?: (name: string) => unknown } })
    .process
  // Electron renderers, test doms and polyfilled bundles define `process` too; only Node has both.
  if (host?.versions?.node === undefined || typeof host.getBuiltinModule !== 'function') return undefined
  try {
    return host.getBuiltinModule('node:crypto') as NodeCrypto | undefined
  } catch {
    return undefined
  }
}
