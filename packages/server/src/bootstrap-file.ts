/**
 * `<data>/bootstrap.json`: the credentials of the first start, for the operator and for programs beside the server.
 * The one file that holds them readable, so it belongs to its owner alone. At later starts
 * only what follows the settings is rewritten.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Issuer } from './domain/issuer.ts'
import { writeDurably } from './keys/secret/durable-file.ts'
import { revealSecret, type SecretText } from './keys/secret/secret-text.ts'

export interface Bootstrap {
  readonly tenant: string
  readonly management: { readonly clientId: string; readonly secret: SecretText }
  readonly webtaskToken: SecretText
  readonly starter:
    | {
        readonly audience: string
        readonly clientId: string
        readonly secret: SecretText
        readonly rule: string
      }
    | undefined
}

const fileName = 'bootstrap.json'

export function writeBootstrap(dataDir: string, issuer: Issuer, bootstrap: Bootstrap): void {
  const { tenant, management, webtaskToken, starter } = bootstrap
  writePrivately(join(dataDir, fileName), {
    origin: issuer.origin,
    tenant,
    management: {
      client_id: management.clientId,
      client_secret: revealSecret(management.secret),
      audience: issuer.managementAudience,
    },
    webtask: { url: issuer.origin, container: tenant, token: revealSecret(webtaskToken) },
    starter: starter
      ? {
          audience: starter.audience,
          client_id: starter.clientId,
          client_secret: revealSecret(starter.secret),
          rule: starter.rule,
        }
      : null,
  })
}

/** Brings origin and audience up to date. A file that is missing stays missing; one we cannot read stays as it is. */
export function refreshBootstrap(dataDir: string, issuer: Issuer): void {
  const path = join(dataDir, fileName)
  const stored = readStored(path)
  if (!isRecord(stored) || !isRecord(stored.management) || !isRecord(stored.webtask)) return
  const fresh = {
    ...stored,
    origin: issuer.origin,
    management: { ...stored.management, audience: issuer.managementAudience },
    webtask: { ...stored.webtask, url: issuer.origin },
  }
  if (JSON.stringify(fresh) !== JSON.stringify(stored)) writePrivately(path, fresh)
}

function readStored(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function writePrivately(path: string, content: unknown): void {
  writeDurably(path, `${JSON.stringify(content, null, 2)}\n`, 0o600)
}
