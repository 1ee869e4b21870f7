import { type RawBuilder, sql } from 'kysely'
import {
  type Client,
  type ClientFilter,
  type ClientStore,
  complianceLevels,
  tokenEndpointAuthMethods,
} from '../domain/client.ts'
import { movedOn, readColumns } from './change-time.ts'
import { behind, pageColumns, pageValues } from './checkpoint.ts'
import { parseSecretRow } from './client-secrets.ts'
import { nullableInteger, nullableText, text, type ValuesOf } from './column.ts'
import type { Database } from './database.ts'
import {
  readFlag,
  readIdentifier,
  readObject,
  readOneOf,
  readTextList,
  readTextMap,
  writeFlag,
} from './row.ts'
import { clientColumns } from './tables.ts'

type ClientRow = ValuesOf<typeof clientColumns>

export function createClientStore(database: Database): ClientStore {
  const find = database.one({ tenant_id: text, id: text }, (build, asked) =>
    build
      .selectFrom('clients')
      .selectAll()
      .where('tenant_id', '=', asked.tenant_id)
      .where('id', '=', asked.id),
  )
  const secretsOf = database.many({ tenant_id: text, client_id: text }, (build, asked) =>
    build
      .selectFrom('client_secrets')
      .selectAll()
      .where('tenant_id', '=', asked.tenant_id)
      .where('client_id', '=', asked.client_id)
      .orderBy('created_at')
      .orderBy('id'),
  )
  const lists = createClientLists(database)
  const findWithSecrets = database.memory.remember((tenantId: string, id: string) => {
    // Two statements and no await between them: nothing can change meanwhile.
    const client = parseFound(find({ tenant_id: tenantId, id }))
    if (client === undefined) return undefined
    return { client, secrets: secretsOf({ tenant_id: tenantId, client_id: id }).map(parseSecretRow) }
  })
  const writes = createClientWrites(database)

  return {
    find: async (tenantId, id) => parseFound(find({ tenant_id: tenantId, id })),
    findWithSecrets: async (tenantId, id) => findWithSecrets(tenantId, id),
    ...lists,
    ...writes,
  }
}

const filterColumns = { is_first_party: nullableInteger, app_types: nullableText }

function createClientLists(database: Database): Pick<ClientStore, 'list' | 'count' | 'listPublishing'> {
  const list = database.many({ tenant_id: text, ...pageColumns }, (build, asked) =>
    build
      .selectFrom('clients')
      .selectAll()
      .where('tenant_id', '=', asked.tenant_id)
      .where(behind(asked))
      .orderBy('created_at')
      .orderBy('id')
      .limit(asked.limit)
      .offset(asked.offset),
  )
  const count = database.one({ tenant_id: text }, (build, asked) =>
    build
      .selectFrom('clients')
      .select((select) => select.fn.countAll<number>().as('total'))
      .where('tenant_id', '=', asked.tenant_id),
  )
  const listSome = database.many({ tenant_id: text, ...pageColumns, ...filterColumns }, (build, asked) =>
    build
      .selectFrom('clients')
      .selectAll()
      .where('tenant_id', '=', asked.tenant_id)
      .where(passing(asked))
      .where(behind(asked))
      .orderBy('created_at')
      .orderBy('id')
      .limit(asked.limit)
      .offset(asked.offset),
  )
  const listPublishing = database.many({ tenant_id: text, ...pageColumns }, (build, asked) =>
    build
      .selectFrom('clients')
      .selectAll()
      .where('tenant_id', '=', asked.tenant_id)
      .where('jwks_uri', 'is not', null)
      .where(behind(asked))
      .orderBy('created_at')
      .orderBy('id')
      .limit(asked.limit)
      .offset(asked.offset),
  )
  const countSome = database.one({ tenant_id: text, ...filterColumns }, (build, asked) =>
    build
      .selectFrom('clients')
      .select((select) => select.fn.countAll<number>().as('total'))
      .where('tenant_id', '=', asked.tenant_id)
      .where(passing(asked)),
  )
  return {
    async list(tenantId, page, filter) {
      const asked = { tenant_id: tenantId, ...pageValues(page) }
      return (filter ? listSome({ ...asked, ...filterValues(filter) }) : list(asked)).map(parseRow)
    },
    listPublishing: async (tenantId, page) =>
      listPublishing({ tenant_id: tenantId, ...pageValues(page) }).map(parseRow),
    async count(tenantId, filter) {
      const asked = { tenant_id: tenantId }
      return (filter ? countSome({ ...asked, ...filterValues(filter) }) : count(asked))?.total ?? 0
    },
  }
}

/** Undefined: everyone passes. */
function filterValues({ isFirstParty, appTypes }: ClientFilter): ValuesOf<typeof filterColumns> {
  return {
    is_first_party: isFirstParty === undefined ? null : writeFlag(isFirstParty),
    app_types: appTypes === undefined ? null : JSON.stringify(appTypes),
  }
}

function passing(asked: {
  readonly is_first_party: RawBuilder<number | null>
  readonly app_types: RawBuilder<string | null>
}): RawBuilder<boolean> {
  return sql<boolean>`is_first_party = coalesce(${asked.is_first_party}, is_first_party)
    and (${asked.app_types} is null or app_type in (select value from json_each(${asked.app_types})))`
}

function createClientWrites(database: Database): Pick<ClientStore, 'insert' | 'update' | 'remove'> {
  const insert = database.write(clientColumns, (build, row) => build.insertInto('clients').values(row), {
    noun: 'client',
    refersTo: 'tenant',
  })
  const update = database.change(
    { ...clientColumns, ...readColumns },
    (build, { tenant_id, id, created_at: _, updated_at, read_updated_at, ...changing }) =>
      build
        .updateTable('clients')
        .set({ ...changing, updated_at: movedOn(updated_at, read_updated_at) })
        .where('tenant_id', '=', tenant_id)
        .where('id', '=', id)
        .where('updated_at', '=', read_updated_at),
    'client',
  )
  // Its secrets, credentials and client grants go with it, by their foreign keys.
  const remove = database.write(
    { tenant_id: text, id: text },
    (build, asked) =>
      build.deleteFrom('clients').where('tenant_id', '=', asked.tenant_id).where('id', '=', asked.id),
    { noun: 'client' },
  )
  return {
    insert: (client) => insert(toRow(client)),
    update: (client, read) => update({ ...toRow(client), read_updated_at: read.updatedAt.getTime() }),
    remove: (tenantId, id) => remove({ tenant_id: tenantId, id }),
  }
}

function parseFound(row: ClientRow | undefined): Client | undefined {
  return row && parseRow(row)
}

function parseRow(row: ClientRow): Client {
  return {
    tenantId: readIdentifier(row.tenant_id, 'clients.tenant_id'),
    id: readIdentifier(row.id, 'clients.id'),
    name: row.name,
    description: row.description,
    metadata: readTextMap(row.metadata, 'clients.metadata'),
    grantTypes: readTextList(row.grant_types, 'clients.grant_types'),
    tokenEndpointAuthMethod: readOneOf(
      tokenEndpointAuthMethods,
      row.token_endpoint_auth_method,
      'clients.token_endpoint_auth_method',
    ),
    activeCredentialIds: readTextList(row.active_credential_ids, 'clients.active_credential_ids').map((id) =>
      readIdentifier(id, 'clients.active_credential_ids'),
    ),
    jwksUri: row.jwks_uri ?? undefined,
    requiresProofOfPossession: readFlag(row.requires_proof_of_possession),
    complianceLevel: readOneOf(complianceLevels, row.compliance_level, 'clients.compliance_level'),
    tokenLifetimeSeconds: row.token_lifetime_seconds ?? undefined,
    enabled: readFlag(row.enabled),
    keptMembers: readObject(row.kept_members, 'clients.kept_members'),
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
  }
}

function toRow(client: Client): ClientRow {
  return {
    tenant_id: client.tenantId,
    id: client.id,
    name: client.name,
    description: client.description,
    metadata: JSON.stringify(client.metadata),
    grant_types: JSON.stringify(client.grantTypes),
    token_endpoint_auth_method: client.tokenEndpointAuthMethod,
    active_credential_ids: JSON.stringify(client.activeCredentialIds),
    jwks_uri: client.jwksUri ?? null,
    requires_proof_of_possession: writeFlag(client.requiresProofOfPossession),
    compliance_level: client.complianceLevel,
    token_lifetime_seconds: client.tokenLifetimeSeconds ?? null,
    enabled: writeFlag(client.enabled),
    kept_members: JSON.stringify(client.keptMembers),
    ...listedBy(client),
    created_at: client.createdAt.getTime(),
    updated_at: client.updatedAt.getTime(),
  }
}

/** What lists can be narrowed to, beside the kept members in which it was sent. */
function listedBy({ keptMembers: { app_type, is_first_party } }: Client) {
  return {
    app_type: typeof app_type === 'string' ? app_type : null,
    is_first_party: writeFlag(is_first_party !== false),
  }
}
