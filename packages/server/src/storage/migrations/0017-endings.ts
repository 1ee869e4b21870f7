/** Indexes by which what ends soon is found in the midst of much that does not. */
import { type Kysely, sql } from 'kysely'

const statements = [
  sql`create index client_secrets_by_end on client_secrets (tenant_id, expires_at) where expires_at is not null`,
  sql`create index client_credentials_by_end on client_credentials (tenant_id, expires_at) where expires_at is not null`,
  // Their end stands in the certificates of their authorities.
  sql`create index client_credentials_certified on client_credentials (tenant_id, client_id, id)
    where type <> 'public_key' and type <> 'x509_cert'`,
  sql`create index clients_publishing on clients (tenant_id, created_at, id) where jwks_uri is not null`,
]

export async function findEndings(database: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(database)
}
