/** `fields` and `include_fields`: an answer reduced to the members that were asked for. */

interface FieldsQuery {
  fields?: string
  include_fields?: boolean
}

/** The query was checked against the contract before; `plural` names the member that holds a list. */
export function projectFields(answer: unknown, query: FieldsQuery, plural: string | undefined): unknown {
  if (query.fields === undefined) return answer
  const names = new Set(query.fields.split(','))
  const isTold = (name: string) => names.has(name) === (query.include_fields ?? true)
  if (Array.isArray(answer)) return answer.map((item) => cut(item, isTold))
  const list =
    plural === undefined ? undefined : Object.getOwnPropertyDescriptor(Object(answer), plural)?.value
  if (plural === undefined || !Array.isArray(list)) return cut(answer, isTold)
  return { ...Object(answer), [plural]: list.map((item) => cut(item, isTold)) }
}

function cut(item: unknown, isTold: (name: string) => boolean): unknown {
  return Object.fromEntries(Object.entries(Object(item)).filter(([name]) => isTold(name)))
}
