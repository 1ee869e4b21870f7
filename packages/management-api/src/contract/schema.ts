/** Pieces of JSON Schema that several nouns need. Every object is closed: an unknown member is refused by name. */
import {
  type Static,
  type TObject,
  type TOptional,
  type TProperties,
  type TSchema,
  type TUnsafe,
  Type,
} from 'typebox'

export function closed<Properties extends TProperties>(properties: Properties): TObject<Properties> {
  return Type.Object(properties, { additionalProperties: false })
}

/** One of a closed list of texts. */
export function oneOf<const Values extends readonly string[]>(values: Values): TUnsafe<Values[number]> {
  return Type.Unsafe<Values[number]>({ type: 'string', enum: [...values] })
}

/** Stands in an answer for a value that is secret. Sent back, it means the value that is stored, and is never one itself. */
export const hiddenValue = '_VALUE_NOT_SHOWN_'

/** A text of a certain form. `what` completes "It must be", for who is refused and for readers of the API's page. */
export function formed(
  pattern: string,
  what: string,
  limits: { minLength?: number; maxLength?: number } = {},
) {
  return Type.String({ ...limits, pattern, description: what })
}

/** The value or null: one `type` list instead of a union, so that a fault is told in one sentence. */
export function nullable<Schema extends TSchema & { type: string }>(
  schema: Schema,
): TUnsafe<Static<Schema> | null> {
  return Type.Unsafe<Static<Schema> | null>({ ...schema, type: [schema.type, 'null'] })
}

/** An object whose member names are free: `maxLength` bounds the names, `maxMembers` their number. */
export function record<Value extends TSchema>(
  value: Value,
  limits: { maxMembers: number; maxLength: number },
): TUnsafe<Record<string, Static<Value>>> {
  return Type.Unsafe<Record<string, Static<Value>>>({
    type: 'object',
    maxProperties: limits.maxMembers,
    propertyNames: {
      minLength: 1,
      maxLength: limits.maxLength,
      // Names that JavaScript treats specially.
      not: { enum: ['__proto__', 'constructor', 'prototype'] },
    },
    additionalProperties: value,
  })
}

/** A member that is documented, kept and returned as it was sent, and changes nothing. */
export function kept(): TOptional<TUnsafe<unknown>> {
  return Type.Optional(Type.Unsafe<unknown>({}))
}

/** A member that is known and never accepted; the sentence says what to do instead. */
export function refused(sentence: string): TOptional<TUnsafe<never>> {
  return Type.Optional(Type.Unsafe<never>({ not: {}, description: sentence }))
}

/** `page` counts from 0; a page past the end is an empty list. */
export const pageQuery = {
  page: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000_000 })),
  per_page: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
  include_totals: Type.Optional(Type.Boolean()),
}

/**
 * By page, or by checkpoint when `take` or `from` is there: `take` objects after the one that `from` points to,
 * oldest first. `from` is the `next` of the answer before.
 */
export const listQuery = {
  ...pageQuery,
  take: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
  from: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
}

/** Only these members of each object, or all but these with `include_fields=false`; names nobody knows match nothing. */
export const fieldsQuery = {
  fields: Type.Optional(
    formed('^[A-Za-z0-9_$]+(,[A-Za-z0-9_$]+)*$', 'names of members, separated by commas', {
      maxLength: 2000,
    }),
  ),
  include_fields: Type.Optional(Type.Boolean()),
}

/** The three shapes of a list: bare, with its totals, and by checkpoint; without `next` it ends there. */
export function listAnswer<const Plural extends string, Item extends TSchema>(
  plural: Plural,
  item: Item,
): TUnsafe<ListAnswer<Plural, Static<Item>>> {
  const items = Type.Array(item)
  return Type.Unsafe<ListAnswer<Plural, Static<Item>>>(
    Type.Union([
      items,
      closed({ ...totals, [plural]: items }),
      closed({ [plural]: items, next: Type.Optional(Type.String()) }),
    ]),
  )
}

export type ListAnswer<Plural extends string, Item> =
  | Item[]
  | ({ start: number; limit: number; total: number } & { [Name in Plural]: Item[] })
  | ({ next?: string } & { [Name in Plural]: Item[] })

/** What surrounds a list when `include_totals` is asked for. */
export const totals = {
  start: Type.Integer({ minimum: 0 }),
  limit: Type.Integer({ minimum: 1, maximum: 100 }),
  total: Type.Integer({ minimum: 0 }),
}

export const defaultPerPage = 50

/** RFC 3339, UTC, milliseconds. */
export const dateTime = Type.String({ format: 'date-time' })

/** A moment as it is sent: RFC 3339, in any zone. */
export const moment = formed(
  '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d{1,9})?(?:Z|[+-]\\d\\d:\\d\\d)$',
  'a moment such as 2026-11-01T08:00:00Z',
  { maxLength: 40 },
)

/** A scope-token of RFC 6749 §3.3. */
export const scopeToken = formed(
  '^[\\x21\\x23-\\x5b\\x5d-\\x7e]+$',
  'the name of a scope: printable ASCII without spaces, quotation marks and backslashes',
  { minLength: 1, maxLength: 280 },
)

/** A name for people: nothing that could be taken for markup, no control characters. */
export function displayName(maxLength: number) {
  return formed('^[^<>\\u0000-\\u001f\\u007f-\\u009f]+$', 'a name without < and > and control characters', {
    minLength: 1,
    maxLength,
  })
}
