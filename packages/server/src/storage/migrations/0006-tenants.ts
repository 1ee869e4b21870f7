/** Tenants that are made and removed while the server serves, and what their settings hold. */
import { type Kysely, sql } from 'kysely'

const statements = [
  sql`alter table tenants add column default_audience text`,
  sql`alter table tenants add column flags text not null default '{}'`,
  sql`alter table tenants add column kept_members text not null default '{}'`,
  // Of a tenant whose rows are being removed. Nobody finds it any more; its name and host are free.
  sql`alter table tenants add column removed_at integer`,
]

export async function removeTenants(database: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(database)
}
