/** The URL where a client publishes its keys: who may set it, and whether keys may be fetched from there. */
import type { FastifyReply } from 'fastify'
import type { Client } from '../../../domain/client.ts'
import { type Operator, requireScope } from '../access/access.ts'
import { invalidBody } from '../operation/invalid-body.ts'

export interface JwksUriDeps {
  /** Undefined when key sets may be fetched from there; otherwise one sentence that says why not. */
  readonly whyNotFetched: (url: URL) => string | undefined
}

const member = 'client_authentication_methods.private_key_jwt.jwks_uri'

/**
 * Setting the URL decides which keys prove the client, so it needs the scope for adding keys.
 * @throws ManagementError `insufficient_scope` or `invalid_body`
 */
export function refuseJwksUri(
  { whyNotFetched }: JwksUriDeps,
  { operator, reply }: { readonly operator: Operator; readonly reply: FastifyReply },
  { jwksUri }: Pick<Client, 'jwksUri'>,
  stored?: Pick<Client, 'jwksUri'>,
): void {
  if (jwksUri === undefined || jwksUri === stored?.jwksUri) return
  requireScope(operator, { scopes: ['create:client_credentials'] }, reply)
  const reason = whyNotKeyAddress(jwksUri) ?? whyNotFetched(new URL(jwksUri))
  if (reason !== undefined) throw invalidBody(member, reason)
}

/** Undefined when the text can be the address of a key set at all; otherwise one sentence that says why not. */
export function whyNotKeyAddress(uri: string): string | undefined {
  const url = URL.parse(uri)
  if (url === null) return 'It must be a URL'
  if (url.username !== '' || url.password !== '' || uri.includes('#')) {
    return 'It must be a URL without credentials and without a fragment'
  }
  return undefined
}
