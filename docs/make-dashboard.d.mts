/** Types of what tests read. */
export interface Panel {
  id: number
  type: string
  title: string
  gridPos: { x: number; y: number; w: number; h: number }
  targets?: { refId: string; expr: string }[]
}
export function metricNames(): string[]
export function dashboardOf(): { panels: Panel[]; templating: { list: { name: string }[] } }
export function rulesOf(): string
export const FILES: Record<string, () => string>
