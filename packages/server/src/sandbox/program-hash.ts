/** A number for a program, the same in the pool and in a runner. FNV-1a. */
export function hashProgram(id: string): number {
  let value = 0x811c9dc5
  for (let at = 0; at < id.length; at++) value = Math.imul(value ^ id.charCodeAt(at), 0x01000193) >>> 0
  return value
}
