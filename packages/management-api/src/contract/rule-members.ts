/** What Hooks and Actions have in common on the wire: code, secrets, and packages of npm. */
import { Type } from 'typebox'
import { formed } from './schema.ts'

/** UTF-8 bytes are what counts: 100,000; the server says so when it refuses. */
export const maxCodeLength = 100_000
export const maxDependencies = 10

// The three names that JavaScript treats specially.
export const secretName = formed(
  '^(?!(?:__proto__|constructor|prototype)$)[A-Za-z0-9_$.@*+:-]{1,128}$',
  'a name of 1 to 128 of the characters a-z A-Z 0-9 _ $ . @ * + : -, and none that JavaScript takes for its own',
)
/** UTF-8 bytes are what counts. */
export const secretValue = Type.String({ maxLength: 4096 })

/** Secrets by name, at least one. */
export function secretValues(maxMembers: number) {
  return Type.Unsafe<Record<string, string>>({
    type: 'object',
    minProperties: 1,
    maxProperties: maxMembers,
    propertyNames: secretName,
    additionalProperties: secretValue,
  })
}

export const packageName = Type.String({ minLength: 1, maxLength: 214 })
/** One exact version, such as `1.2.3`; no range and no tag. */
export const packageVersion = Type.String({ minLength: 1, maxLength: 150 })
