/** The tables of the log, and of what is kept of tokens; the others, and what values mean, are in `tables.ts`. */
import { integer, nullableBytes, nullableInteger, nullableText, text } from './column.ts'

/** Beside these, `sequence`: the order in which entries were committed, which is not that of their ids. */
export const logEntryColumns = {
  tenant_id: text,
  id: text,
  at: integer,
  type: text,
  client_id: nullableText,
  content: text,
}

export const tokenCountColumns = {
  tenant_id: text,
  day: text,
  client_id: text,
  audience: text,
  issued: integer,
  refused: integer,
  updated_at: integer,
}

export const logStreamColumns = {
  tenant_id: text,
  id: text,
  name: text,
  status: text,
  sink: text,
  categories: text,
  is_priority: nullableInteger,
  start_from: nullableInteger,
  signing_secret: text,
  created_at: integer,
  updated_at: integer,
}

export const logStreamProgressColumns = {
  tenant_id: text,
  stream_id: text,
  place: integer,
  delivered_at: nullableInteger,
  failing_since: nullableInteger,
  failure: nullableText,
}

export const exchangeRecordColumns = { tenant_id: text, id: text, at: integer, content: text }

export const issuedTokenColumns = {
  tenant_id: text,
  jti: text,
  client_id: text,
  resource_server_id: text,
  issued_at: integer,
  expires_at: integer,
  rule_version_ids: text,
  status_list_id: nullableText,
  status_index: nullableInteger,
  hash: nullableBytes,
  encrypted_claims: nullableText,
}

/** Beside these, `sequence`: the order in which they came. */
export const revocationColumns = {
  tenant_id: text,
  kind: text,
  subject: text,
  revoked_at: integer,
  expires_at: integer,
  last_ahead: nullableInteger,
}
