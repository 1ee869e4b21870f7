/** What Hooks and Actions have in common on the wire: code, secrets, and packages of npm. */
import { Type } from 'typebox'

/** UTF-8 bytes are what counts: 100,000; the server says so when it refuses. */
export const maxCodeLength = 100_000
export const maxDependencies = 10
/** Stands for the value of a secret where one is told of; as a value it is refused. */
export const hiddenSecretValue = '_VALUE_NOT_SHOWN_'

const secretNamePattern = '^[A-Za-z0-9_$.@*+:-]{1,128}$'
// What JavaScript takes for its own when it stands as a name.
const unreadableNames = ['__proto__', 'constructor', 'prototype']

export const secretName = Type.String({ pattern: secretNamePattern, not: { enum: unreadableNames } })
/** UTF-8 bytes are what counts. */
export const secretValue = Type.String({ maxLength: 4096 })

/** Secrets by name, at least one. */
export function secretValues(maxMembers: number) {
  return Type.Unsafe<Record<string, string>>({
    type: 'object',
    minProperties: 1,
    maxProperties: maxMembers,
    propertyNames: { pattern: secretNamePattern, not: { enum: unreadableNames } },
    additionalProperties: secretValue,
  })
}

export const packageName = Type.String({ minLength: 1, maxLength: 214 })
/** One exact version, such as `1.2.3`; no range and no tag. */
export const packageVersion = Type.String({ minLength: 1, maxLength: 150 })
