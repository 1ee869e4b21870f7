import type { IdempotentAnswer, IdempotentAnswerStore } from '../domain/idempotent-answer.ts'
import { integer, text, type ValuesOf } from './column.ts'
import type { Database } from './database.ts'
import { readIdentifier } from './row.ts'
import { idempotentAnswerColumns } from './tables.ts'

type IdempotentAnswerRow = ValuesOf<typeof idempotentAnswerColumns>

const keyColumns = { tenant_id: text, client_id: text, key_hash: text }

export function createIdempotentAnswerStore(database: Database): IdempotentAnswerStore {
  const find = database.one(keyColumns, (build, asked) =>
    build
      .selectFrom('idempotent_answers')
      .selectAll()
      .where('tenant_id', '=', asked.tenant_id)
      .where('client_id', '=', asked.client_id)
      .where('key_hash', '=', asked.key_hash),
  )
  // The primary key begins so: no answer is read for it.
  const count = database.one({ tenant_id: text, client_id: text }, (build, asked) =>
    build
      .selectFrom('idempotent_answers')
      .select((select) => select.fn.countAll<number>().as('total'))
      .where('tenant_id', '=', asked.tenant_id)
      .where('client_id', '=', asked.client_id),
  )
  const insert = database.write(
    idempotentAnswerColumns,
    (build, row) => build.insertInto('idempotent_answers').values(row),
    { noun: 'answer to this Idempotency-Key', refersTo: 'tenant', isLog: true },
  )
  const remove = database.write(
    keyColumns,
    (build, asked) =>
      build
        .deleteFrom('idempotent_answers')
        .where('tenant_id', '=', asked.tenant_id)
        .where('client_id', '=', asked.client_id)
        .where('key_hash', '=', asked.key_hash),
    { noun: 'answer to this Idempotency-Key', isLog: true },
  )
  const oldest = database.one({}, (build) =>
    build.selectFrom('idempotent_answers').select('at').orderBy('at').limit(1),
  )
  const removeBefore = database.write(
    { at: integer, limit: integer },
    (build, asked) =>
      build
        .deleteFrom('idempotent_answers')
        .where(({ eb, refTuple, selectFrom }) =>
          eb(
            refTuple('tenant_id', 'client_id', 'key_hash'),
            'in',
            selectFrom('idempotent_answers')
              .select(['tenant_id', 'client_id', 'key_hash'])
              .where('at', '<', asked.at)
              .orderBy('at')
              .limit(asked.limit)
              .$asTuple('tenant_id', 'client_id', 'key_hash'),
          ),
        ),
    { noun: 'answer to this Idempotency-Key', isLog: true },
  )

  return {
    async find(tenantId, clientId, keyHash) {
      const row = find({ tenant_id: tenantId, client_id: clientId, key_hash: keyHash })
      return row && parseRow(row)
    },
    count: async (tenantId, clientId) => count({ tenant_id: tenantId, client_id: clientId })?.total ?? 0,
    insert: (answer) =>
      insert({
        tenant_id: answer.tenantId,
        client_id: answer.clientId,
        key_hash: answer.keyHash,
        at: answer.at.getTime(),
        content: answer.content,
      }),
    remove: (tenantId, clientId, keyHash) =>
      remove({ tenant_id: tenantId, client_id: clientId, key_hash: keyHash }),
    async oldestAt() {
      const row = oldest({})
      return row && new Date(row.at)
    },
    removeBefore: (at, limit) => removeBefore({ at: at.getTime(), limit }),
  }
}

function parseRow(row: IdempotentAnswerRow): IdempotentAnswer {
  return {
    tenantId: readIdentifier(row.tenant_id, 'idempotent_answers.tenant_id'),
    clientId: readIdentifier(row.client_id, 'idempotent_answers.client_id'),
    keyHash: row.key_hash,
    at: new Date(row.at),
    content: readIdentifier(row.content, 'idempotent_answers.content'),
  }
}
