/** Where a browser is; `own` is true for the build that Playwright brings. */
export interface FoundBrowser {
  path: string
  own: boolean
}
export function findBrowsers(): { chromium: FoundBrowser | undefined; firefox: FoundBrowser | undefined }
