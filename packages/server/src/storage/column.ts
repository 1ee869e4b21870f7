/** What a column may hold, as values that types are read from: a table's shape is written once, in `tables.ts`. */

export type Bindable = string | number | Uint8Array | null

export interface Column<Value extends Bindable> {
  /** Never there at run time; it only carries the type. */
  readonly holds?: Value
}

export const text: Column<string> = {}
export const nullableText: Column<string | null> = {}
/** Also for moments (milliseconds since 1970) and for yes and no (1 and 0). */
export const integer: Column<number> = {}
export const nullableInteger: Column<number | null> = {}
export const bytes: Column<Uint8Array> = {}
export const nullableBytes: Column<Uint8Array | null> = {}

export type Columns = Readonly<Record<string, Column<Bindable>>>

export type ValuesOf<Table extends Columns> = {
  readonly [Name in keyof Table]: Table[Name] extends Column<infer Value> ? Value : never
}
