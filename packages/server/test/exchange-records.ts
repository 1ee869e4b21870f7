/** Opens the exchange records of a started server, as its operator could who holds its master key. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import type { EncryptedValue } from '../src/domain/rule.ts'
import { createEncryption } from '../src/keys/secret/encryption.ts'
import { openMasterKey } from '../src/keys/secret/master-key.ts'

export function readExchangeRecord(dataDir: string, id: string): unknown {
  const database = new Sqlite(join(dataDir, 'tallystick.db'), { readonly: true })
  const row = database
    .prepare<[string], { tenant_id: string; content: EncryptedValue }>(
      'select tenant_id, content from exchange_records where id = ?',
    )
    .get(id)
  database.close()
  if (row === undefined) throw new Error(`There is no exchange record ${id}.`)
  const setting = readFileSync(join(dataDir, 'master.key'), 'utf8').trim()
  const encryption = createEncryption(openMasterKey({ setting, dataDir, installation: undefined }))
  return JSON.parse(encryption.decrypt(row.content, ['exchange_records', row.tenant_id, id, 'content']))
}
