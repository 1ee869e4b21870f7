/**
 * Scopes on one line: as many as there is room for, and how many
 * more there are. The management API has more than a line holds.
 */

/** For ` and 1000 more`. */
const restLength = 14

/** `room` counts characters; one scope is shown in any case. */
export function shortScopes(scopes: readonly string[], room: number): string {
  const all = scopes.join(' ')
  if (all.length <= room) return all
  let [shown = '', ...others] = scopes
  while (others[0] !== undefined && shown.length + others[0].length + restLength < room) {
    shown += ` ${others[0]}`
    others = others.slice(1)
  }
  return others.length === 0 ? shown : `${shown} and ${others.length} more`
}
