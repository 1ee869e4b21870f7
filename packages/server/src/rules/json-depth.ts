/** How deep the JSON of strangers may lie: what is deeper could not be written down again without running out of stack. */
export const maxJsonDepth = 20

/** Whether the value has objects or lists inside one another on more levels than these. */
export function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((inner) => isDeeperThan(inner, levels - 1))
}
