/**
 * Checks bodies and query strings against the contract's schemas. A fault is reported in one sentence that names the
 * member, in words that tools of Auth0's management API know.
 */
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import type { Static, TSchema } from 'typebox'
import { ManagementError, type ManagementErrorCode } from '../../../domain/errors.ts'
import { maskOwnSecrets } from '../../../keys/secret/client-secret.ts'

export interface Part {
  readonly code: Extract<ManagementErrorCode, 'invalid_body' | 'invalid_query_string'>
  readonly fault: string
}

export const bodyPart: Part = { code: 'invalid_body', fault: 'Payload validation error' }
export const queryPart: Part = { code: 'invalid_query_string', fault: 'Query validation error' }

const ajv = new Ajv({ allowUnionTypes: true, ownProperties: true, validateFormats: false, verbose: true })

export type Validate<Schema extends TSchema> = (rawValue: unknown) => Static<Schema>

/**
 * The function it returns throws ManagementError. The schema is compiled at its first use: all of them together would
 * take a quarter of the server's start.
 */
export function createValidate<Schema extends TSchema>(schema: Schema, part: Part): Validate<Schema> {
  let isValid: ValidateFunction<Static<Schema>> | undefined
  return function validate(rawValue) {
    isValid ??= ajv.compile<Static<Schema>>(schema)
    if (isValid(rawValue)) return rawValue
    const [error] = isValid.errors ?? []
    throw new ManagementError(part.code, `${part.fault}: ${error ? faultInWords(error) : 'it is not valid'}.`)
  }
}

/**
 * Numbers and booleans of a query string are texts. Only the plain spelling of one becomes one; anything
 * else stays a text, which the schema then refuses by name.
 */
export function typedQuery(schema: TSchema, rawQuery: unknown): Record<string, unknown> {
  const typed: [string, unknown][] = []
  for (const [name, text] of Object.entries(rawQuery ?? {})) {
    typed.push([name, typedText(typeOf(schema, name), text)])
  }
  return Object.fromEntries(typed)
}

function typedText(type: unknown, text: unknown): unknown {
  if (typeof text !== 'string') return text
  if (type === 'integer' && /^(?:0|[1-9][0-9]{0,9})$/.test(text)) return Number(text)
  if (type === 'boolean' && text === 'true') return true
  if (type === 'boolean' && text === 'false') return false
  return text
}

function typeOf(schema: TSchema, name: string): unknown {
  if (!('properties' in schema) || typeof schema.properties !== 'object' || !schema.properties)
    return undefined
  const property: unknown = Object.getOwnPropertyDescriptor(schema.properties, name)?.value
  return typeof property === 'object' && property && 'type' in property ? property.type : undefined
}

function faultInWords(error: ErrorObject): string {
  const where = placeOf(error.instancePath)
  const property = where === '' ? '' : ` on property ${where}`
  return `'${sentence(error)}'${property}`
}

function sentence({ keyword, params, message, propertyName, parentSchema }: ErrorObject): string {
  if (propertyName !== undefined) return `Property name not allowed: ${shown(propertyName)}`
  switch (keyword) {
    case 'additionalProperties':
      return `Additional properties not allowed: ${shown(String(params.additionalProperty))}`
    case 'required':
      return `Missing required property: ${params.missingProperty}`
    case 'type':
      return `Expected type ${[params.type].flat().join(' or ')}`
    case 'enum':
      return `Expected one of: ${[params.allowedValues].flat().map(String).join(', ')}`
    case 'not':
      // A member that is known and never accepted: its description says what to do instead.
      return String(parentSchema?.description ?? 'Not allowed')
    case 'const':
      return `Only allowed value: ${params.allowedValue}`
    case 'pattern':
      return `It must be ${parentSchema?.description ?? params.pattern}`
    default:
      return (message ?? 'not valid').replace(/^must /, 'It must ')
  }
}

/** `/client_metadata/a~1b` → `client_metadata.a/b`. */
function placeOf(pointer: string): string {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => shown(step.replaceAll('~1', '/').replaceAll('~0', '~')))
    .join('.')
}

/** A name that the caller chose: secrets masked, cut, and without what a terminal would obey. */
function shown(name: string): string {
  return maskOwnSecrets(name)
    .slice(0, 100)
    .replaceAll(/[\p{Cc}\p{Cf}]/gu, '?')
}
