/**
 * The samples in other languages, which need their tools:
 * `npm run samples`. Without a tool this fails, and is never skipped.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Judge, judge, openJudgedTokens, samplesFolder } from './judged-tokens.ts'

const run = promisify(execFile)
/** Where Debian puts what its packages libjackson2-databind-java and python3-jwt bring. */
const jars = ['databind', 'core', 'annotations']
  .map((name) => `/usr/share/java/jackson-${name}.jar`)
  .join(':')
const debianPython = '/usr/bin/python3'

let built: string
let tokens: Awaited<ReturnType<typeof openJudgedTokens>>
beforeAll(async () => {
  built = await mkdtemp(join(tmpdir(), 'tallystick-samples-'))
  tokens = await openJudgedTokens()
})
afterAll(async () => {
  await tokens.world.close()
  await rm(built, { recursive: true })
})

const languages: Record<string, () => Promise<Judge>> = {
  async python() {
    return { command: debianPython, args: ['-B', 'judge.py'], folder: join(samplesFolder, 'python') }
  },
  async go() {
    const folder = join(samplesFolder, 'go')
    const program = join(built, 'judge')
    const places = { HOME: built, GO111MODULE: 'off', CGO_ENABLED: '0', GOCACHE: join(built, 'go') }
    await run('go', ['vet', '.'], { cwd: folder, env: { PATH: '/usr/bin:/usr/local/go/bin', ...places } })
    await run('go', ['build', '-o', program, '.'], {
      cwd: folder,
      env: { PATH: '/usr/bin:/usr/local/go/bin', ...places },
    })
    return { command: program, args: [], folder }
  },
  async java() {
    const folder = join(samplesFolder, 'java')
    await run('javac', ['-cp', jars, '-d', built, 'CheckToken.java', 'Judge.java'], { cwd: folder })
    return { command: 'java', args: ['-cp', `${built}:${jars}`, 'Judge'], folder }
  },
}

describe.each(Object.entries(languages))('the sample in %s', (_, build) => {
  let sample: Judge
  beforeAll(async () => {
    sample = await build()
  })

  test.each(['RS256', 'ES256'] as const)('takes the good tokens of %s and no other', async (algorithm) => {
    const cases = await tokens.casesOf(algorithm)
    const { issuer } = tokens.world.mine.issuer
    const answers = await judge(
      sample,
      { issuer, algorithm },
      cases.map(({ authorization }) => authorization),
    )
    expect(cases.map(({ name }, at) => `${name}: ${answers[at]}`)).toEqual(
      cases.map(({ name, answer }) => `${name}: ${answer}`),
    )
  })

  test('says that a key set cannot be read, which is no fault of the token', async () => {
    const [good] = await tokens.casesOf('ES256')
    const nowhere = { issuer: 'http://127.0.0.1:1/', algorithm: 'ES256' } as const
    expect(await judge(sample, nowhere, [good?.authorization ?? ''])).toEqual(['503'])
  })
})
