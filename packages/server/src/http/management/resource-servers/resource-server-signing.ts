/** What an API's tokens are signed with: the tenant's keys, which may have to be made first, or a secret of its own. */
import type { ResourceServerChange } from '@tallystick/management-api/contract/resource-servers'
import type { KeyAlgorithm, TokenSigning } from '../../../domain/resource-server.ts'
import type { SigningKeyStore } from '../../../domain/signing-key.ts'
import type { Tenant, TenantId } from '../../../domain/tenant.ts'
import type { Write } from '../../../domain/write.ts'
import type { ApiIdentity, ApiSigningSecrets } from '../../../keys/issued-token/api-signing-secret.ts'
import { SecretText } from '../../../keys/secret/secret-text.ts'
import type { SigningKeyRing } from '../../../keys/signing-key/signing-key-ring.ts'
import type { InTurn } from '../../turns.ts'
import { invalidBody } from '../operation/invalid-body.ts'

export interface ResourceServerSigningDeps {
  readonly signingKeys: Pick<SigningKeyStore, 'findCurrent' | 'insert'>
  readonly ring: Pick<SigningKeyRing, 'createRing' | 'algorithms'>
  readonly apiSecrets: Pick<ApiSigningSecrets, 'encrypt'>
  readonly createApiSecret: () => SecretText
  /** For one tenant: the next request finds the keys that one has made. */
  readonly keysInTurn: InTurn
  readonly now: () => Date
}

export interface SettledSigning {
  readonly signing: TokenSigning
  /** Keys that the tenant did not have yet, to be committed with the API. */
  readonly writes: readonly Write[]
  /** Came with this request, or was made for it. */
  readonly newSecret: { readonly secret: SecretText; readonly isMadeHere: boolean } | undefined
}

/**
 * For an API that names none: RS256, as most libraries expect, except where its clients could not get such a token.
 */
export function defaultSigningAlgorithm({ security }: Pick<Tenant, 'security'>): 'RS256' | 'ES256' {
  return security.profile === 'fapi2' ? 'ES256' : 'RS256'
}

/**
 * Settles it and stores the API with it.
 * @throws ManagementError `invalid_body` for a secret that nothing would be signed with, or an algorithm that is not
 * in this runtime.
 */
export async function withSettledSigning<Stored>(
  deps: ResourceServerSigningDeps,
  api: ApiIdentity,
  body: Pick<ResourceServerChange, 'signing_alg' | 'signing_secret'>,
  stored: TokenSigning | undefined,
  store: (settled: SettledSigning) => Promise<Stored>,
): Promise<Stored> {
  const algorithm = body.signing_alg ?? stored?.algorithm ?? 'RS256'
  if (algorithm === 'HS256') return store(settleSecret(deps, api, body.signing_secret, stored))
  if (body.signing_secret !== undefined) {
    throw invalidBody(
      'signing_secret',
      `Only an API whose signing_alg is HS256 has a secret; the one of this API is ${algorithm}`,
    )
  }
  // An algorithm that the API already has stays, so that its other settings can be changed in any runtime.
  if (algorithm !== stored?.algorithm) refuseMissingAlgorithm(deps, algorithm)
  const storeWith = (writes: readonly Write[]) =>
    store({ signing: { algorithm }, writes, newSecret: undefined })
  if (await hasKeys(deps, api.tenantId, algorithm)) return storeWith([])
  return deps.keysInTurn(api.tenantId, async () =>
    storeWith(await missingKeys(deps, api.tenantId, algorithm)),
  )
}

function settleSecret(
  deps: ResourceServerSigningDeps,
  api: ApiIdentity,
  sent: string | undefined,
  stored: TokenSigning | undefined,
): SettledSigning {
  if (sent === undefined && stored?.algorithm === 'HS256') {
    return { signing: stored, writes: [], newSecret: undefined }
  }
  const secret = sent === undefined ? deps.createApiSecret() : new SecretText(sent)
  const encryptedSecret = deps.apiSecrets.encrypt(secret, api)
  return {
    signing: { algorithm: 'HS256', encryptedSecret },
    writes: [],
    newSecret: { secret, isMadeHere: sent === undefined },
  }
}

function refuseMissingAlgorithm({ ring }: ResourceServerSigningDeps, algorithm: KeyAlgorithm): void {
  if (ring.algorithms.includes(algorithm)) return
  throw invalidBody(
    'signing_alg',
    `The runtime of this server has no ${algorithm}; it has ${ring.algorithms.join(', ')} and HS256`,
  )
}

async function hasKeys(
  { signingKeys, now }: ResourceServerSigningDeps,
  tenantId: TenantId,
  algorithm: KeyAlgorithm,
): Promise<boolean> {
  return (await signingKeys.findCurrent(tenantId, algorithm, now())) !== undefined
}

async function missingKeys(
  deps: ResourceServerSigningDeps,
  tenantId: TenantId,
  algorithm: KeyAlgorithm,
): Promise<Write[]> {
  const { signingKeys, ring } = deps
  if (await hasKeys(deps, tenantId, algorithm)) return []
  return (await ring.createRing(tenantId, algorithm)).map((key) => signingKeys.insert(key))
}
