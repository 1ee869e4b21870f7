/** A schema as its reader wants it: each member in a row, with what it may hold. */
import { type Html, html, joined } from './html.ts'

/** Levels of members within members that are shown; deeper ones are told by their type. */
const maxDepth = 5

export function describeSchema(schema: object, depth = 0): Html {
  const list = memberOf(schema, 'anyOf')
  if (Array.isArray(list)) {
    return html`<p>One of:</p><ol>${joined(list.map((one) => html`<li>${describeSchema(Object(one), depth)}</li>`))}</ol>`
  }
  const properties = Object.entries(Object(memberOf(schema, 'properties')))
  if (properties.length === 0 || depth > maxDepth) return describeSimple(schema, depth)
  const required = memberOf(schema, 'required')
  const rows = properties.map(([name, member]) => {
    const needed = Array.isArray(required) && required.includes(name) ? '' : html` <i>optional</i>`
    return html`<dt><code>${name}</code>${needed}</dt><dd>${describeSchema(Object(member), depth + 1)}</dd>`
  })
  return html`<dl>${joined(rows)}</dl>`
}

function describeSimple(schema: object, depth: number): Html {
  const items = memberOf(schema, 'items')
  const values = memberOf(schema, 'additionalProperties')
  const words = typeInWords(schema)
  if (items && depth <= maxDepth) return html`${words} of ${describeSchema(Object(items), depth + 1)}`
  if (values && typeof values === 'object' && depth <= maxDepth) {
    return html`${words}; each value: ${describeSchema(values, depth + 1)}`
  }
  return html`${words}`
}

const bounds: readonly (readonly [member: string, words: string])[] = [
  ['minLength', 'at least this long:'],
  ['maxLength', 'at most this long:'],
  ['minimum', 'from'],
  ['maximum', 'to'],
  ['minItems', 'at least this many:'],
  ['maxItems', 'at most this many:'],
  ['maxProperties', 'at most this many members:'],
  ['format', 'as'],
]

function typeInWords(schema: object): string {
  const allowed = memberOf(schema, 'enum')
  const only = memberOf(schema, 'const')
  const type = [memberOf(schema, 'type') ?? 'anything'].flat().join(' or ')
  const limits = bounds.flatMap(([name, words]) => {
    const value = memberOf(schema, name)
    return value === undefined ? [] : [`${words} ${value}`]
  })
  const choice = Array.isArray(allowed)
    ? [`one of ${allowed.map((one) => JSON.stringify(one)).join(', ')}`]
    : []
  const constant = only === undefined ? [] : [`only ${JSON.stringify(only)}`]
  // A schema that nothing fits: the member is known, and refused with its description.
  const kind = memberOf(schema, 'not') ? 'refused' : String(type)
  const description = memberOf(schema, 'description')
  const more = description === undefined ? [] : [String(description)]
  return [kind, ...choice, ...constant, ...limits, ...more].join(', ')
}

function memberOf(schema: object, name: string): unknown {
  return Object.getOwnPropertyDescriptor(schema, name)?.value
}
