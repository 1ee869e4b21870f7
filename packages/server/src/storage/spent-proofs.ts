import {
  type ProofKind,
  type SpentProof,
  type SpentProofStore,
  spentProofNouns,
} from '../domain/spent-proof.ts'
import { integer, text } from './column.ts'
import type { Database } from './database.ts'
import { spentProofColumns } from './tables.ts'

export function createSpentProofStore(database: Database): SpentProofStore {
  const find = database.one({ tenant_id: text, kind: text, holder: text, jti: text }, (build, asked) =>
    build
      .selectFrom('spent_proofs')
      .select('expires_at')
      .where('tenant_id', '=', asked.tenant_id)
      .where('kind', '=', asked.kind)
      .where('holder', '=', asked.holder)
      .where('jti', '=', asked.jti),
  )
  const oldest = database.one({}, (build) =>
    build.selectFrom('spent_proofs').select('expires_at').orderBy('expires_at').limit(1),
  )
  // No remembered read finds what these write.
  const insertOf = (kind: ProofKind) =>
    database.write(spentProofColumns, (build, row) => build.insertInto('spent_proofs').values(row), {
      noun: spentProofNouns[kind],
      refersTo: 'tenant',
      isLog: true,
    })
  const insert = {
    client_assertion: insertOf('client_assertion'),
    federated_token: insertOf('federated_token'),
    dpop_proof: insertOf('dpop_proof'),
  } satisfies Record<ProofKind, unknown>
  const removeBefore = database.write(
    { at: integer, limit: integer },
    (build, asked) =>
      build
        .deleteFrom('spent_proofs')
        .where(({ eb, refTuple, selectFrom }) =>
          eb(
            refTuple('tenant_id', 'kind', 'holder', 'jti'),
            'in',
            selectFrom('spent_proofs')
              .select(['tenant_id', 'kind', 'holder', 'jti'])
              .where('expires_at', '<', asked.at)
              .orderBy('expires_at')
              .limit(asked.limit)
              .$asTuple('tenant_id', 'kind', 'holder', 'jti'),
          ),
        ),
    { noun: 'spent proof', isLog: true },
  )

  return {
    isSpent: async (proof) => find(columnsOf(proof)) !== undefined,
    insert: (proof) => insert[proof.kind]({ ...columnsOf(proof), expires_at: proof.expiresAt.getTime() }),
    async oldestAt() {
      const row = oldest({})
      return row && new Date(row.expires_at)
    },
    removeBefore: (at, limit) => removeBefore({ at: at.getTime(), limit }),
  }
}

function columnsOf({ tenantId, kind, holder, jti }: Omit<SpentProof, 'expiresAt'>) {
  return { tenant_id: tenantId, kind, holder, jti }
}
