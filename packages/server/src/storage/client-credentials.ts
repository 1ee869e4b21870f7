import { sql } from 'kysely'
import {
  assertionAlgorithms,
  type CertifiedNameCredential,
  type ClientCredential,
  type ClientCredentialStore,
  type ClientPublicJwk,
  certifiedNameTypes,
} from '../domain/client-credential.ts'
import { integer, text, type ValuesOf } from './column.ts'
import type { Database } from './database.ts'
import {
  CorruptRowError,
  readIdentifier,
  readObject,
  readOneOf,
  requireText,
  requireTextList,
} from './row.ts'
import { spanColumns, spanValues } from './span.ts'
import { clientCredentialColumns } from './tables.ts'

type CredentialRow = ValuesOf<typeof clientCredentialColumns>

const { tenant_id, client_id, id, expires_at, updated_at } = clientCredentialColumns

export function createClientCredentialStore(database: Database): ClientCredentialStore {
  const find = database.one({ tenant_id, client_id, id }, (build, asked) =>
    build
      .selectFrom('client_credentials')
      .selectAll()
      .where('tenant_id', '=', asked.tenant_id)
      .where('client_id', '=', asked.client_id)
      .where('id', '=', asked.id),
  )
  const list = database.many({ tenant_id: text, client_id: text }, (build, asked) =>
    build
      .selectFrom('client_credentials')
      .selectAll()
      .where('tenant_id', '=', asked.tenant_id)
      .where('client_id', '=', asked.client_id)
      .orderBy('created_at')
      .orderBy('id'),
  )
  const listEnding = database.many({ tenant_id: text, ...spanColumns }, (build, asked) =>
    build
      .selectFrom('client_credentials')
      .selectAll()
      .where('tenant_id', '=', asked.tenant_id)
      .where('expires_at', '>=', asked.from)
      .where('expires_at', '<', asked.until)
      .orderBy('expires_at')
      .limit(asked.limit),
  )
  const listCertified = database.many({ tenant_id, client_id, id, limit: integer }, (build, asked) =>
    build
      .selectFrom('client_credentials')
      .selectAll()
      .where('tenant_id', '=', asked.tenant_id)
      // Literally as its index says it, which SQLite would not use for bound values.
      .where(sql<boolean>`type <> 'public_key' and type <> 'x509_cert'`)
      .where(sql<boolean>`(client_id, id) > (${asked.client_id}, ${asked.id})`)
      .orderBy('client_id')
      .orderBy('id')
      .limit(asked.limit),
  )
  const insert = database.write(
    clientCredentialColumns,
    (build, row) => build.insertInto('client_credentials').values(row),
    { noun: 'client credential', refersTo: 'client' },
  )
  const changeExpiry = database.write(
    { tenant_id, client_id, id, expires_at, updated_at },
    (build, asked) =>
      build
        .updateTable('client_credentials')
        .set({ expires_at: asked.expires_at, updated_at: asked.updated_at })
        .where('tenant_id', '=', asked.tenant_id)
        .where('client_id', '=', asked.client_id)
        .where('id', '=', asked.id),
    { noun: 'client credential', mustExist: true },
  )
  const remove = database.write(
    { tenant_id, client_id, id },
    (build, asked) =>
      build
        .deleteFrom('client_credentials')
        .where('tenant_id', '=', asked.tenant_id)
        .where('client_id', '=', asked.client_id)
        .where('id', '=', asked.id),
    { noun: 'client credential' },
  )

  return {
    async find(tenantId, clientId, credentialId) {
      const row = find({ tenant_id: tenantId, client_id: clientId, id: credentialId })
      return row && parseRow(row)
    },
    list: async (tenantId, clientId) => list({ tenant_id: tenantId, client_id: clientId }).map(parseRow),
    listEnding: async (tenantId, span, limit) =>
      listEnding({ tenant_id: tenantId, ...spanValues(span), limit }).map(parseRow),
    listCertifiedNames: async (tenantId, after, limit) =>
      listCertified({ tenant_id: tenantId, client_id: after?.clientId ?? '', id: after?.id ?? '', limit })
        .map(parseRow)
        .filter((credential) => isCertifiedName(credential)),
    insert: (credential) => insert(toRow(credential)),
    changeExpiry: (credential) => changeExpiry(toRow(credential)),
    remove: (tenantId, clientId, credentialId) =>
      remove({ tenant_id: tenantId, client_id: clientId, id: credentialId }),
  }
}

function isCertifiedName(credential: ClientCredential): credential is CertifiedNameCredential {
  return credential.type !== 'public_key' && credential.type !== 'x509_cert'
}

function parseRow(row: CredentialRow): ClientCredential {
  const ofClient = {
    tenantId: readIdentifier<ClientCredential['tenantId']>(row.tenant_id, 'client_credentials.tenant_id'),
    clientId: readIdentifier<ClientCredential['clientId']>(row.client_id, 'client_credentials.client_id'),
    id: readIdentifier<ClientCredential['id']>(row.id, 'client_credentials.id'),
    name: row.name,
    kid: row.kid,
    expiresAt: row.expires_at === null ? undefined : new Date(row.expires_at),
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
  }
  if (row.type === 'public_key') {
    const algorithm = readOneOf(assertionAlgorithms, row.algorithm, 'client_credentials.algorithm')
    return { ...ofClient, type: row.type, algorithm, publicJwk: readPublicJwk(row.public_jwk) }
  }
  const certificate = readObject(row.certificate, 'client_credentials.certificate')
  const textOf = (member: string) => requireText(certificate[member], 'client_credentials.certificate')
  if (row.type === 'x509_cert') {
    return {
      ...ofClient,
      type: row.type,
      thumbprint: textOf('thumbprint'),
      subjectDn: textOf('subjectDn'),
    }
  }
  return {
    ...ofClient,
    type: readOneOf(certifiedNameTypes, row.type, 'client_credentials.type'),
    certifiedName: textOf('certifiedName'),
    authorities: requireTextList(certificate.authorities, 'client_credentials.certificate'),
  }
}

const place = 'client_credentials.public_jwk'

function readPublicJwk(json: string): ClientPublicJwk {
  const jwk = readObject(json, place)
  if (jwk.kty === 'RSA') return { kty: 'RSA', n: requireText(jwk.n, place), e: requireText(jwk.e, place) }
  const x = requireText(jwk.x, place)
  if (jwk.kty === 'EC') return { kty: 'EC', crv: 'P-256', x, y: requireText(jwk.y, place) }
  if (jwk.kty === 'OKP') return { kty: 'OKP', crv: 'Ed25519', x }
  throw new CorruptRowError(place)
}

function toRow(credential: ClientCredential): CredentialRow {
  return {
    tenant_id: credential.tenantId,
    client_id: credential.clientId,
    id: credential.id,
    name: credential.name,
    kid: credential.kid,
    type: credential.type,
    ...proofColumns(credential),
    expires_at: credential.expiresAt?.getTime() ?? null,
    created_at: credential.createdAt.getTime(),
    updated_at: credential.updatedAt.getTime(),
  }
}

function proofColumns(
  credential: ClientCredential,
): Pick<CredentialRow, 'algorithm' | 'public_jwk' | 'certificate'> {
  if (credential.type === 'public_key') {
    const { algorithm, publicJwk } = credential
    return { algorithm, public_jwk: JSON.stringify(publicJwk), certificate: '' }
  }
  const certificate =
    credential.type === 'x509_cert'
      ? { thumbprint: credential.thumbprint, subjectDn: credential.subjectDn }
      : { certifiedName: credential.certifiedName, authorities: credential.authorities }
  return { algorithm: '', public_jwk: '', certificate: JSON.stringify(certificate) }
}
