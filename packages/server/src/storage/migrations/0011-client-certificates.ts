/** Credentials of clients that are certificates, or names that an authority certifies, beside public keys. */
import { type Kysely, sql } from 'kysely'

const statements = [
  sql`alter table client_credentials add column type text not null default 'public_key'`,
  // A certificate has neither algorithm nor JWK, which are empty then: the columns cannot become optional.
  sql`alter table client_credentials add column certificate text not null default ''`,

  // Until now it was kept where it asked for nothing, and told again.
  sql`update resource_servers set
    proof_of_possession = json_patch(
      json_object('mechanism', kept_members ->> '$.proof_of_possession.mechanism', 'required', json('false')),
      json_object('requiredFor', kept_members ->> '$.proof_of_possession.required_for')
    ),
    kept_members = json_remove(kept_members, '$.proof_of_possession')
    where json_type(kept_members, '$.proof_of_possession') = 'object'`,
]

export async function addClientCertificates(database: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(database)
}
