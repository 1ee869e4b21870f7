import { createSecretKey, randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { MasterKeyError, masterKeyFingerprint, openMasterKey } from './master-key.ts'

let dataDir: string
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'tallystick-master-key-'))
})
afterEach(() => rmSync(dataDir, { recursive: true }))

const setting = randomBytes(32).toString('base64url')
const otherSetting = randomBytes(32).toString('base64url')
const open = (changes: Partial<Parameters<typeof openMasterKey>[0]> = {}) =>
  openMasterKey({ setting: undefined, dataDir, installation: undefined, ...changes })
const installedWith = (key: string) => ({
  masterKeyFingerprint: masterKeyFingerprint(createSecretKey(key, 'base64url')),
  createdAt: new Date(0),
})

const badKeys = [
  '',
  'short',
  setting.slice(1),
  `${setting}A`,
  `${setting}=`,
  `${setting.slice(0, 42)}B`,
  ` ${setting}`,
]
for (const bad of badKeys) {
  test(`a setting that is not 32 bytes of base64url is refused and not repeated: ${bad.length} characters`, () => {
    expect(() => open({ setting: bad })).toThrow(/TALLYSTICK_MASTER_KEY must be 32 bytes/)
    expect(readdirSync(dataDir)).toEqual([])
  })
}

test('data without its key is refused, and no key is made', () => {
  expect(() => open({ installation: installedWith(setting) })).toThrow(MasterKeyError)
  expect(() => open({ installation: installedWith(setting) })).toThrow(/is missing; put it back/)
  expect(readdirSync(dataDir)).toEqual([])
})

test('a setting that is another key than the data’s is refused', () => {
  const installation = installedWith(setting)
  expect(() => open({ setting: otherSetting, installation })).toThrow(/TALLYSTICK_MASTER_KEY is not the one/)
  expect(readdirSync(dataDir)).toEqual([])
})

test('a file that holds another key than the data’s is refused and stays as it is', () => {
  const path = join(dataDir, 'master.key')
  writeFileSync(path, otherSetting)
  expect(() => open({ installation: installedWith(setting) })).toThrow(/master\.key is not the one/)
  expect(readFileSync(path, 'utf8')).toBe(otherSetting)
})

test('a file that holds no key is refused and stays as it is, also beside an empty database', () => {
  const path = join(dataDir, 'master.key')
  writeFileSync(path, '')
  expect(() => open()).toThrow(/does not hold a master key/)
  expect(readFileSync(path, 'utf8')).toBe('')
})

test('a file that cannot be read is refused', () => {
  mkdirSync(join(dataDir, 'master.key'))
  expect(() => open()).toThrow(/cannot be read/)
})

test('a folder that cannot be written is refused', () => {
  expect(() => open({ dataDir: join(dataDir, 'nowhere') })).toThrow(/cannot be written/)
})

test('beside an empty database a key is made once, for its owner alone, and found again', () => {
  const made = open()
  expect(statSync(join(dataDir, 'master.key')).mode & 0o777).toBe(0o600)
  expect(readdirSync(dataDir)).toEqual(['master.key'])
  const fingerprint = masterKeyFingerprint(made)
  expect(masterKeyFingerprint(open())).toBe(fingerprint)
  const installation = { masterKeyFingerprint: fingerprint, createdAt: new Date(0) }
  expect(masterKeyFingerprint(open({ installation }))).toBe(fingerprint)
})

test('a setting writes no file', () => {
  const key = open({ setting, installation: installedWith(setting) })
  expect(key.symmetricKeySize).toBe(32)
  expect(readdirSync(dataDir)).toEqual([])
})

test('neither the key nor its fingerprint shows the key', () => {
  const key = open({ setting })
  const shown =
    inspect(key, { showHidden: true, depth: null }) + JSON.stringify(key) + masterKeyFingerprint(key)
  expect(shown).not.toContain(setting)
  expect(shown).not.toContain(Buffer.from(setting, 'base64url').toString('hex'))
})
