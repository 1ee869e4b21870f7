import type { Changes } from '../domain/changes.ts'
import { ChangedMeanwhileError } from '../domain/storage.ts'
import type { Database } from './database.ts'
import { describeWrite } from './write.ts'

export function createChanges({ sqlite, changes }: Database): Changes {
  return {
    count: (tenantId) => changes.of(tenantId),
    unchangedSince: (tenantId, count) =>
      describeWrite(sqlite, [
        {
          run() {
            if (changes.of(tenantId) !== count) throw new ChangedMeanwhileError('object')
            return 0
          },
          noun: 'object',
          isLog: true,
        },
      ]),
  }
}
