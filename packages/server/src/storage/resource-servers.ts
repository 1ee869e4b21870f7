import {
  bindingMechanisms,
  bindingObliges,
  clientPolicies,
  keyAlgorithms,
  type ProofOfPossession,
  type ResourceServer,
  type ResourceServerStore,
  ruleScopePolicies,
  type TokenSigning,
  tokenDialects,
  tokenFormats,
} from '../domain/resource-server.ts'
import { encryptionAlgorithms, type TokenEncryption } from '../domain/token-encryption.ts'
import { movedOn, readColumns } from './change-time.ts'
import { integer, text, type ValuesOf } from './column.ts'
import type { Database } from './database.ts'
import {
  optional,
  readFlag,
  readIdentifier,
  readJson,
  readObject,
  readOneOf,
  requireFlag,
  requireList,
  requireObject,
  requireText,
  writeFlag,
} from './row.ts'
import { resourceServerColumns } from './tables.ts'

type ResourceServerRow = ValuesOf<typeof resourceServerColumns>

export function createResourceServerStore(database: Database): ResourceServerStore {
  const find = database.one({ tenant_id: text, id: text }, (build, asked) =>
    build
      .selectFrom('resource_servers')
      .selectAll()
      .where('tenant_id', '=', asked.tenant_id)
      .where('id', '=', asked.id),
  )
  const findByIdentifier = database.one({ tenant_id: text, identifier: text }, (build, asked) =>
    build
      .selectFrom('resource_servers')
      .selectAll()
      .where('tenant_id', '=', asked.tenant_id)
      .where('identifier', '=', asked.identifier),
  )
  const findSystem = database.one({ tenant_id: text }, (build, asked) =>
    build
      .selectFrom('resource_servers')
      .selectAll()
      .where('tenant_id', '=', asked.tenant_id)
      .where('is_system', '=', 1),
  )
  const list = database.many({ tenant_id: text, limit: integer, offset: integer }, (build, asked) =>
    build
      .selectFrom('resource_servers')
      .selectAll()
      .where('tenant_id', '=', asked.tenant_id)
      .orderBy('is_system', 'desc')
      .orderBy('created_at')
      .orderBy('id')
      .limit(asked.limit)
      .offset(asked.offset),
  )
  const count = database.one({ tenant_id: text }, (build, asked) =>
    build
      .selectFrom('resource_servers')
      .select((select) => select.fn.countAll<number>().as('total'))
      .where('tenant_id', '=', asked.tenant_id),
  )

  const { remember } = database.memory
  const rememberedByIdentifier = remember((tenantId: string, identifier: string) =>
    parseFound(findByIdentifier({ tenant_id: tenantId, identifier })),
  )
  const rememberedSystem = remember((tenantId: string) => parseFound(findSystem({ tenant_id: tenantId })))

  return {
    find: async (tenantId, id) => parseFound(find({ tenant_id: tenantId, id })),
    findByIdentifier: async (tenantId, identifier) => rememberedByIdentifier(tenantId, identifier),
    findSystem: async (tenantId) => rememberedSystem(tenantId),
    list: async (tenantId, page) =>
      list({ tenant_id: tenantId, limit: page.limit, offset: page.offset }).map(parseRow),
    count: async (tenantId) => count({ tenant_id: tenantId })?.total ?? 0,
    ...createResourceServerWrites(database),
  }
}

function createResourceServerWrites(
  database: Database,
): Pick<ResourceServerStore, 'insert' | 'update' | 'remove'> {
  const insert = database.write(
    resourceServerColumns,
    (build, row) => build.insertInto('resource_servers').values(row),
    { noun: 'resource server', refersTo: 'tenant' },
  )
  const update = database.change(
    { ...resourceServerColumns, ...readColumns },
    (build, { tenant_id, id, created_at: _, updated_at, read_updated_at, ...changing }) =>
      build
        .updateTable('resource_servers')
        .set({ ...changing, updated_at: movedOn(updated_at, read_updated_at) })
        .where('tenant_id', '=', tenant_id)
        .where('id', '=', id)
        .where('updated_at', '=', read_updated_at),
    'resource server',
  )
  // Its client grants go with it, by their foreign key.
  const remove = database.write(
    { tenant_id: text, id: text },
    (build, asked) =>
      build
        .deleteFrom('resource_servers')
        .where('tenant_id', '=', asked.tenant_id)
        .where('id', '=', asked.id),
    { noun: 'resource server' },
  )

  return {
    insert: (resourceServer) => insert(toRow(resourceServer)),
    update: (resourceServer, read) =>
      update({ ...toRow(resourceServer), read_updated_at: read.updatedAt.getTime() }),
    remove: (tenantId, id) => remove({ tenant_id: tenantId, id }),
  }
}

function parseFound(row: ResourceServerRow | undefined): ResourceServer | undefined {
  return row && parseRow(row)
}

function parseRow(row: ResourceServerRow): ResourceServer {
  return {
    tenantId: readIdentifier(row.tenant_id, 'resource_servers.tenant_id'),
    id: readIdentifier(row.id, 'resource_servers.id'),
    identifier: readIdentifier(row.identifier, 'resource_servers.identifier'),
    name: row.name,
    scopes: readScopes(row.scopes, 'resource_servers.scopes'),
    tokenLifetimeSeconds: row.token_lifetime_seconds,
    signing: readSigning(row),
    tokenDialect: readOneOf(tokenDialects, row.token_dialect, 'resource_servers.token_dialect'),
    ruleScopes: readOneOf(ruleScopePolicies, row.rule_scopes, 'resource_servers.rule_scopes'),
    proofOfPossession: readProofOfPossession(row.proof_of_possession),
    tokenFormat: readOneOf(tokenFormats, row.token_format, 'resource_servers.token_format'),
    tokenEncryption: readTokenEncryption(row.token_encryption),
    hasTokenStatusList: readFlag(row.has_token_status_list),
    enforcePolicies: row.enforce_policies === null ? undefined : readFlag(row.enforce_policies),
    clientPolicy: readOneOf(clientPolicies, row.client_policy, 'resource_servers.client_policy'),
    isSystem: readFlag(row.is_system),
    keptMembers: readObject(row.kept_members, 'resource_servers.kept_members'),
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
  }
}

function readProofOfPossession(json: string | null): ProofOfPossession | undefined {
  if (json === null) return undefined
  const place = 'resource_servers.proof_of_possession'
  const { mechanism, required, requiredFor } = readObject(json, place)
  return {
    mechanism: readOneOf(bindingMechanisms, requireText(mechanism, place), place),
    required: requireFlag(required, place),
    requiredFor: requiredFor === undefined ? undefined : readOneOf(bindingObliges, requiredFor, place),
  }
}

function readTokenEncryption(json: string | null): TokenEncryption | undefined {
  if (json === null) return undefined
  const place = 'resource_servers.token_encryption'
  const { name, algorithm, kid, publicKeyPem } = readObject(json, place)
  return {
    name: optional(requireText, name, place),
    algorithm: readOneOf(encryptionAlgorithms, algorithm, place),
    kid: optional(requireText, kid, place),
    publicKeyPem: requireText(publicKeyPem, place),
  }
}

function readSigning({
  signing_algorithm,
  encrypted_signing_secret: secret,
}: ResourceServerRow): TokenSigning {
  const place = 'resource_servers.encrypted_signing_secret'
  if (signing_algorithm === 'HS256') {
    return { algorithm: 'HS256', encryptedSecret: readIdentifier(requireText(secret, place), place) }
  }
  return { algorithm: readOneOf(keyAlgorithms, signing_algorithm, 'resource_servers.signing_algorithm') }
}

function readScopes(json: string, place: string): ResourceServer['scopes'] {
  return requireList(readJson(json, place), place).map((item) => {
    const { value, description } = requireObject(item, place)
    return {
      value: readIdentifier(requireText(value, place), place),
      description: requireText(description, place),
    }
  })
}

function toRow(resourceServer: ResourceServer): ResourceServerRow {
  const { signing, enforcePolicies, proofOfPossession, tokenEncryption } = resourceServer
  return {
    tenant_id: resourceServer.tenantId,
    id: resourceServer.id,
    identifier: resourceServer.identifier,
    name: resourceServer.name,
    scopes: JSON.stringify(resourceServer.scopes),
    token_lifetime_seconds: resourceServer.tokenLifetimeSeconds,
    signing_algorithm: signing.algorithm,
    token_dialect: resourceServer.tokenDialect,
    rule_scopes: resourceServer.ruleScopes,
    proof_of_possession: proofOfPossession ? JSON.stringify(proofOfPossession) : null,
    token_format: resourceServer.tokenFormat,
    token_encryption: tokenEncryption ? JSON.stringify(tokenEncryption) : null,
    has_token_status_list: writeFlag(resourceServer.hasTokenStatusList),
    enforce_policies: enforcePolicies === undefined ? null : writeFlag(enforcePolicies),
    client_policy: resourceServer.clientPolicy,
    encrypted_signing_secret: signing.algorithm === 'HS256' ? signing.encryptedSecret : null,
    is_system: writeFlag(resourceServer.isSystem),
    kept_members: JSON.stringify(resourceServer.keptMembers),
    created_at: resourceServer.createdAt.getTime(),
    updated_at: resourceServer.updatedAt.getTime(),
  }
}
