import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findProfile, type Profile } from './profile.ts'
import { revealSecret } from './secret-text.ts'

let workingDir: string
const env = () => ({ XDG_CONFIG_HOME: join(workingDir, 'config') })

beforeEach(async () => {
  workingDir = await mkdtemp(join(tmpdir(), 'tallystick-profile-'))
})

afterEach(() => rm(workingDir, { recursive: true }))

function secretOf({ credentials }: Profile): string | undefined {
  return credentials?.proof.kind === 'secret' ? revealSecret(credentials.proof.secret) : undefined
}

test('a --url of another server gets no credentials from the project file', async () => {
  await writeProjectFile('http://localhost:8420')
  const profile = await findProfile({ url: 'https://elsewhere.example', env: env(), workingDir })
  expect([profile.origin, profile.credentials]).toEqual(['https://elsewhere.example', undefined])
})

test('an origin with a path, a query or credentials is refused', async () => {
  for (const url of [
    'https://a.example/x',
    'https://a.example/?q',
    'https://me@a.example',
    'ftp://a.example',
    'a',
  ]) {
    await expect(findProfile({ url, env: env(), workingDir })).rejects.toMatchObject({ ending: 'usage' })
  }
})

test('half of the credentials in the environment is refused, not completed from a file', async () => {
  await writeProjectFile('http://localhost:8420')
  const half = { ...env(), TALLYSTICK_CLIENT_ID: 'someone' }
  await expect(findProfile({ url: undefined, env: half, workingDir })).rejects.toMatchObject({
    ending: 'usage',
  })
})

test('a project file that is not whole is refused by its path', async () => {
  await mkdir(join(workingDir, 'data'))
  await writeFile(join(workingDir, 'data/bootstrap.json'), '{"origin": "http://localhost:8420"')
  await expect(findProfile({ url: undefined, env: env(), workingDir })).rejects.toThrow('bootstrap.json')
})

test('beside a local server nothing needs to be said', async () => {
  await writeProjectFile('http://localhost:9000')
  const profile = await findProfile({ url: undefined, env: env(), workingDir })
  expect([profile.origin, profile.managementAudience]).toEqual([
    'http://localhost:9000',
    'http://localhost:9000/api/v2/',
  ])
  expect(secretOf(profile)).toBe('project secret')
  expect(profile.dataDir).toBe(join(workingDir, 'data'))
})

test('the environment comes before the project file, and a flag before both', async () => {
  await writeProjectFile('http://localhost:9000')
  const full = {
    ...env(),
    TALLYSTICK_URL: 'https://env.example',
    TALLYSTICK_CLIENT_ID: 'someone',
    TALLYSTICK_CLIENT_SECRET: 'environment secret',
  }
  const fromEnv = await findProfile({ url: undefined, env: full, workingDir })
  expect([fromEnv.origin, secretOf(fromEnv)]).toEqual(['https://env.example', 'environment secret'])
  const fromFlag = await findProfile({ url: 'https://flag.example', env: full, workingDir })
  expect(fromFlag.origin).toBe('https://flag.example')
})

test('the project file comes before the user file, which serves where there is no project', async () => {
  await mkdir(join(workingDir, 'config/tallystick'), { recursive: true })
  const user = {
    origin: 'https://user.example',
    audience: 'https://user.example/api/v2/',
    client_id: 'u',
    client_secret: 'user secret',
  }
  await writeFile(join(workingDir, 'config/tallystick/profile.json'), JSON.stringify(user))
  expect(secretOf(await findProfile({ url: undefined, env: env(), workingDir }))).toBe('user secret')
  await writeProjectFile('http://localhost:9000')
  expect(secretOf(await findProfile({ url: undefined, env: env(), workingDir }))).toBe('project secret')
  const asked = await findProfile({ url: 'https://user.example', env: env(), workingDir })
  expect(secretOf(asked)).toBe('user secret')
})

test('with nothing at hand the default server is named, without credentials', async () => {
  const profile = await findProfile({ url: undefined, env: env(), workingDir })
  expect([profile.origin, profile.credentials]).toEqual(['http://localhost:8420', undefined])
})

async function writeProjectFile(origin: string): Promise<void> {
  await mkdir(join(workingDir, 'data'), { recursive: true })
  const file = {
    origin,
    tenant: 'demo',
    management: { client_id: 'm', client_secret: 'project secret', audience: `${origin}/api/v2/` },
    webtask: { url: origin, container: 'demo', token: 't' },
    starter: null,
  }
  await writeFile(join(workingDir, 'data/bootstrap.json'), JSON.stringify(file))
}
