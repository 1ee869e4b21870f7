/**
 * The user's own file, written by `tallystick login`: one server, one client, readable by its owner alone. Of a key or a
 * token of a platform it holds where that is, and nothing of it.
 */
import { homedir } from 'node:os'
import { join } from 'node:path'
import { Failure } from './failure.ts'
import { isJsonObject, type JsonObject, parseJsonObject, textMember } from './json-object.ts'
import { revealSecret, SecretText } from './secret-text.ts'
import {
  type ClientProof,
  platforms,
  type ServerAccess,
  type WorkloadTokenSource,
} from './sign-in/client-credentials.ts'
import { signingAlgorithms } from './sign-in/signing-key.ts'
import type { Environment } from './terminal.ts'

/** Under the XDG configuration folder. */
export function userProfilePath(env: Environment): string {
  const configDir = env.XDG_CONFIG_HOME || join(env.HOME || homedir(), '.config')
  return join(configDir, 'tallystick', 'profile.json')
}

/** @throws Failure when the text is not what `tallystick login` writes. */
export function parseUserProfile(text: string, path: string): ServerAccess {
  const file = parseJsonObject(text)
  const rawOrigin = file && textMember(file, 'origin')
  const managementAudience = file && textMember(file, 'audience')
  const clientId = file && textMember(file, 'client_id')
  const proof = file && parseProof(file)
  if (!file || !rawOrigin || !managementAudience || !clientId || !proof || !URL.canParse(rawOrigin)) {
    throw new Failure('failed', {
      what: `${path} cannot be read.`,
      why: 'It is not the JSON that `tallystick login` writes.',
      todo: 'Run `tallystick logout`, then `tallystick login` again.',
    })
  }
  const { origin } = new URL(rawOrigin)
  return {
    origin,
    issuer: textMember(file, 'issuer') ?? `${origin}/`,
    managementAudience,
    credentials: { clientId, proof },
    needsBinding: Object.hasOwn(file, 'dpop') && file.dpop === true,
  }
}

/** Undefined unless it says exactly one thing. */
function parseProof(file: JsonObject): ClientProof | undefined {
  const secret = textMember(file, 'client_secret')
  const path = textMember(file, 'client_key_file')
  const source = isJsonObject(file.workload_token) ? parseSource(file.workload_token) : undefined
  const [only, ...more] = [
    secret !== undefined && { kind: 'secret' as const, secret: new SecretText(secret) },
    path !== undefined && { kind: 'key_file' as const, path, algorithm: algorithmIn(file) },
    source && { kind: 'workload_token' as const, source },
  ].filter((proof) => typeof proof === 'object')
  return more.length === 0 ? only : undefined
}

function algorithmIn(file: JsonObject) {
  const named = textMember(file, 'client_key_alg')
  return signingAlgorithms.find((known) => known === named)
}

function parseSource(object: JsonObject): WorkloadTokenSource | undefined {
  const path = textMember(object, 'file')
  if (path !== undefined) return { kind: 'file', path }
  const name = textMember(object, 'variable')
  if (name !== undefined) return { kind: 'variable', name }
  const platform = platforms.find((known) => known === textMember(object, 'platform'))
  return platform && { kind: 'platform', name: platform }
}

export function formatUserProfile(access: ServerAccess): string {
  const { origin, issuer, managementAudience, credentials, needsBinding } = access
  const file = {
    origin,
    ...(issuer !== `${origin}/` && { issuer }),
    audience: managementAudience,
    client_id: credentials.clientId,
    ...formatProof(credentials.proof),
    ...(needsBinding && { dpop: true }),
  }
  return `${JSON.stringify(file, undefined, 2)}\n`
}

function formatProof(proof: ClientProof): JsonObject {
  switch (proof.kind) {
    case 'secret':
      return { client_secret: revealSecret(proof.secret) }
    case 'key_file':
      return { client_key_file: proof.path, ...(proof.algorithm && { client_key_alg: proof.algorithm }) }
    case 'workload_token':
      return { workload_token: formatSource(proof.source) }
  }
}

function formatSource(source: WorkloadTokenSource): JsonObject {
  if (source.kind === 'file') return { file: source.path }
  return source.kind === 'variable' ? { variable: source.name } : { platform: source.name }
}
