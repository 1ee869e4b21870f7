/** `data/bootstrap.json`, which a server writes at its first start: how a project's own server is found. */

import { Failure } from './failure.ts'
import { type JsonObject, objectMember, parseJsonObject, textMember } from './json-object.ts'
import { SecretText } from './secret-text.ts'
import type { ClientOfApi, ServerAccess } from './sign-in/client-credentials.ts'

export const bootstrapFileName = 'bootstrap.json'

export interface BootstrapFile extends ServerAccess {
  /** The machine client of the starter; undefined when the server was started without one. */
  readonly starter: ClientOfApi | undefined
}

/** @throws Failure when the text is not what a server writes. */
export function parseBootstrapFile(text: string, path: string): BootstrapFile {
  const file = parseJsonObject(text)
  const origin = file && textMember(file, 'origin')
  const management = file && objectMember(file, 'management')
  const client = management && parseClientOfApi(management)
  if (!file || !origin || !client || !URL.canParse(origin)) {
    throw new Failure('failed', {
      what: `${path} cannot be read.`,
      why: 'It is not the JSON that a server writes there at its first start.',
      todo: 'Restore it from a backup, or name the server with --url and sign in with `tallystick login`.',
    })
  }
  const starter = objectMember(file, 'starter')
  return {
    ...reachedAt(new URL(origin).origin),
    managementAudience: client.audience,
    credentials: client,
    starter: starter && parseClientOfApi(starter),
  }
}

function reachedAt(origin: string) {
  return { origin, issuer: `${origin}/`, needsBinding: false }
}

function parseClientOfApi(object: JsonObject): ClientOfApi | undefined {
  const clientId = textMember(object, 'client_id')
  const secret = textMember(object, 'client_secret')
  const audience = textMember(object, 'audience')
  if (!clientId || !secret || !audience) return undefined
  return { clientId, proof: { kind: 'secret', secret: new SecretText(secret) }, audience }
}
