import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { revealSecret } from '../secret-text.ts'
import { chooseProfile, type ProfileFlags } from './choose-profile.ts'

let home: string

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'tallystick-home-'))
})
afterEach(() => rmSync(home, { recursive: true }))

const one = { url: 'http://one:1/', container: 'c1', token: 't1' }
const two = { url: 'two.example.com/pre/', container: 'c2', token: 't2' }

function store(profiles: unknown): void {
  writeFileSync(join(home, '.webtask'), typeof profiles === 'string' ? profiles : JSON.stringify(profiles))
}

async function chosen(flags: ProfileFlags = {}) {
  const { url, container, token } = await chooseProfile(flags, { HOME: home })
  return [url, container, revealSecret(token)]
}

test('without a file, or with an empty one, it says how to make a profile', async () => {
  await expect(chosen()).rejects.toMatchObject({ ending: 'no_profile' })
  store('')
  await expect(chosen()).rejects.toMatchObject({ ending: 'no_profile' })
})

for (const broken of ['{', '[]', '{"default":1}', '{"default":{"url":"http://x","token":"t"}}']) {
  test(`a file that cannot be used is named: ${broken}`, async () => {
    store(broken)
    await expect(chosen()).rejects.toThrow(join(home, '.webtask'))
    await expect(chosen()).rejects.toMatchObject({ ending: 'unexpected' })
  })
}

test('with several profiles and no default, one has to be named', async () => {
  store({ one, two })
  await expect(chosen()).rejects.toMatchObject({ ending: 'not_found' })
  expect(await chosen({ profile: 'two' })).toEqual(['http://two.example.com/pre', 'c2', 't2'])
})

test('a token of its own and a stored profile do not go together', async () => {
  store({ one })
  await expect(chosen({ profile: 'one', token: 't' })).rejects.toMatchObject({ ending: 'usage' })
})

for (const url of ['ftp://x', 'http://', 'http://x?key=1', 'http://user:secret@x']) {
  test(`a URL that is no server's is refused: ${url}`, async () => {
    await expect(chosen({ url, container: 'c', token: 't' })).rejects.toMatchObject({ ending: 'usage' })
  })
}

test('the only profile is chosen, else the default, and flags override it', async () => {
  store({ one })
  expect(await chosen()).toEqual(['http://one:1', 'c1', 't1'])
  store({ one, default: two })
  expect(await chosen({ container: 'c3' })).toEqual(['http://two.example.com/pre', 'c3', 't2'])
})

test('with all three flags no file is read', async () => {
  store('{')
  expect(await chosen({ url: 'http://x/', container: 'c', token: 't' })).toEqual(['http://x', 'c', 't'])
})
