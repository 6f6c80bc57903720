/** True where nobody sees the page. A process or a worker without a page is never hidden. */
export function isHidden(): boolean {
  return (globalThis as { document?: Document }).document?.visibilityState === 'hidden'
}
