/** The log by date, counts of tokens that outlive it, and streams that send it on. */
import { type Kysely, sql } from 'kysely'

const statements = [
  // By page the log is read by date; by checkpoint, as before, in the order of commits.
  sql`drop index log_entries_by_type`,
  sql`drop index log_entries_by_client`,
  sql`create index log_entries_by_date on log_entries (tenant_id, at)`,
  sql`create index log_entries_by_type on log_entries (tenant_id, type, at)`,
  sql`create index log_entries_by_client on log_entries (tenant_id, client_id, at)`,

  sql`create table token_counts (
    tenant_id text not null references tenants (id),
    day text not null,
    client_id text not null,
    audience text not null,
    issued integer not null,
    refused integer not null,
    updated_at integer not null,
    primary key (tenant_id, day, client_id, audience)
  ) strict`,
  sql`create index token_counts_by_age on token_counts (day)`,
  sql`insert into token_counts
    select tenant_id, strftime('%Y-%m-%d', at / 1000, 'unixepoch') as day,
      iif(json_type(content, '$.clientName') is null, '', coalesce(client_id, '')) as counted_client,
      iif(type = 'seccft', coalesce(json_extract(content, '$.audience'), ''), '') as counted_audience,
      sum(type = 'seccft'), sum(type = 'feccft'), max(at)
    from log_entries where type in ('seccft', 'feccft')
    group by tenant_id, day, counted_client, counted_audience`,

  sql`create table log_streams (
    tenant_id text not null references tenants (id),
    id text not null,
    name text not null,
    status text not null,
    sink text not null,
    categories text not null,
    is_priority integer,
    start_from integer,
    signing_secret text not null,
    created_at integer not null,
    updated_at integer not null,
    primary key (tenant_id, id),
    unique (tenant_id, name)
  ) strict`,
  sql`create table log_stream_progress (
    tenant_id text not null,
    stream_id text not null,
    place integer not null,
    delivered_at integer,
    failing_since integer,
    failure text,
    primary key (tenant_id, stream_id),
    foreign key (tenant_id, stream_id) references log_streams (tenant_id, id) on delete cascade
  ) strict`,
]

export async function widenLog(database: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(database)
}
