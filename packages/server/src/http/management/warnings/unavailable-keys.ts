/** Keys of clients and trusted issuers that could not be fetched when they were needed last. */
import { setImmediate as othersTurn } from 'node:timers/promises'
import type { Warning } from '@tallystick/management-api/contract/warnings'
import type { Client, ClientStore } from '../../../domain/client.ts'
import type { TenantId } from '../../../domain/tenant.ts'
import type { TrustedIssuer, TrustedIssuerStore } from '../../../domain/trusted-issuer.ts'
import type { IssuerKeys } from '../../../keys/public-key/issuer-keys.ts'
import type { KeySetTrouble, KeySource } from '../../../keys/public-key/remote-key-set.ts'

export interface KeySetsDeps {
  readonly clients: Pick<ClientStore, 'listPublishing'>
  readonly trustedIssuers: Pick<TrustedIssuerStore, 'list'>
  readonly clientKeySets: { troubleWith(source: KeySource): KeySetTrouble | undefined }
  readonly issuerKeys: Pick<IssuerKeys, 'troubleWith'>
}

const pageSize = 100

export async function unavailableKeys(deps: KeySetsDeps, tenantId: TenantId): Promise<Warning[]> {
  const found: Warning[] = []
  for (const trusted of await deps.trustedIssuers.list(tenantId)) {
    const trouble = deps.issuerKeys.troubleWith(trusted)
    if (trouble) found.push(ofIssuer(trusted, trouble))
  }
  for await (const client of publishing(deps, tenantId)) {
    const { jwksUri, enabled } = client
    if (jwksUri === undefined || !enabled) continue
    const trouble = deps.clientKeySets.troubleWith({ tenantId, name: jwksUri })
    if (trouble) found.push(ofClient(client, jwksUri, trouble))
  }
  return found
}

async function* publishing({ clients }: KeySetsDeps, tenantId: TenantId): AsyncGenerator<Client> {
  let last: Client | undefined
  do {
    const page = { offset: 0, limit: pageSize, ...(last && { after: last }) }
    const some = await clients.listPublishing(tenantId, page)
    yield* some
    last = some.length < pageSize ? undefined : some.at(-1)
    // There may be very many, and nobody else is served while we read.
    await othersTurn()
  } while (last)
}

function ofIssuer({ id, name, issuer }: TrustedIssuer, { since, why }: KeySetTrouble): Warning {
  return {
    type: 'keys_unavailable',
    description: `The keys of the trusted issuer ${name} cannot be fetched since ${since.toISOString()}. ${why}`,
    trusted_issuer_id: id,
    issuer,
    since: since.toISOString(),
  }
}

function ofClient({ id, name }: Client, jwksUri: string, { since, why }: KeySetTrouble): Warning {
  return {
    type: 'keys_unavailable',
    description: `The keys of the client ${name} cannot be fetched since ${since.toISOString()}. ${why}`,
    client_id: id,
    client_name: name,
    jwks_uri: jwksUri,
    since: since.toISOString(),
  }
}
