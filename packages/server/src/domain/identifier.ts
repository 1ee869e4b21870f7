/**
 * Identifiers that look alike (all are strings) and must never be mixed up. Each noun names its own
 * (`ClientId`, `Audience`, …) and only its parser, in the noun's file, makes one.
 */
declare const identifies: unique symbol

export type Identifier<Noun extends string> = string & { readonly [identifies]: Noun }
