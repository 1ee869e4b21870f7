/**
 * Hooks and Actions beside webtasks: the trigger of a rule, a rule that has no version yet, what was built of a source,
 * and the drafts of Actions.
 */
import { type Kysely, sql } from 'kysely'

const statements = [
  sql`alter table rule_versions add column program text`,
  sql`alter table rule_versions add column dependencies text not null default '[]'`,
  sql`alter table rule_versions add column packages text not null default '[]'`,
  sql`alter table rule_versions add column modules text`,
  sql`alter table rule_versions add column action text`,

  // A column that may be empty now: SQLite changes no constraint of a table that is there.
  sql`create table new_rules (
    tenant_id text not null references tenants (id),
    id text not null,
    door text not null,
    name text not null,
    model text not null,
    "order" integer not null,
    enabled integer not null,
    client_filter text,
    "trigger" text not null,
    active_version_id text,
    binding text,
    created_at integer not null,
    updated_at integer not null,
    primary key (tenant_id, id),
    unique (tenant_id, door, name),
    foreign key (tenant_id, active_version_id) references rule_versions (tenant_id, id)
      deferrable initially deferred
  ) strict`,
  sql`insert into new_rules
    select tenant_id, id, door, name, model, "order", enabled, client_filter, 'credentials-exchange',
      active_version_id, null, created_at, updated_at
    from rules`,
  sql`drop table rules`,
  sql`alter table new_rules rename to rules`,
  sql`create index rules_by_version on rules (tenant_id, active_version_id)`,
  // One Hook at a time runs at a point.
  sql`create unique index rules_one_hook on rules (tenant_id, "trigger") where door = 'hook' and enabled = 1`,

  sql`create table action_drafts (
    tenant_id text not null,
    rule_id text not null,
    source text not null,
    program text,
    secrets text not null,
    dependencies text not null,
    action text not null,
    is_deployed integer not null,
    updated_at integer not null,
    primary key (tenant_id, rule_id),
    foreign key (tenant_id, rule_id) references rules (tenant_id, id) on delete cascade
      deferrable initially deferred
  ) strict`,
]

export async function openThreeDoors(database: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(database)
}
