import { expect, test } from 'vitest'
import { ManagementError } from '../../domain/errors.ts'
import { maxToldBytes, parseWebtaskUpload } from './webtask-upload.ts'

const meta = { 'auth0-extension': 'runtime', 'auth0-extension-name': 'credentials-exchange' }
const body = { ten: 'demo', dd: 0, jtn: 'myrule', code: 'module.exports = 1', meta, mb: 1, dr: 1 }

function codeOf(rawBody: unknown): unknown {
  try {
    return parseWebtaskUpload(rawBody, 'demo')
  } catch (error) {
    return error instanceof ManagementError ? error.code : error
  }
}

for (const rawBody of [undefined, null, 'text', 1, [], [body]]) {
  test(`a body that is no object is refused: ${JSON.stringify(rawBody)}`, () => {
    expect(codeOf(rawBody)).toBe('invalid_body')
  })
}

for (const [what, member] of Object.entries({
  'another container': { ten: 'other' },
  'no name': { jtn: undefined },
  'a name with a slash': { jtn: 'a/b' },
  'a name that is a path': { jtn: '..' },
  'a name that is no text': { jtn: 7 },
  'code from a URL': { code: undefined, url: 'https://example.com/rule.js' },
  'code that is no text': { code: { a: 1 } },
  'secrets as a list': { ectx: ['a'] },
  'secrets as a text': { ectx: 'ciphertext' },
  'a nested secret': { ectx: { a: { b: 'c' } } },
  'a secret that is a number': { ectx: { a: 1 } },
  'params with a list': { pctx: { a: ['z'] } },
  'meta that is nested': { meta: { ...meta, a: { b: 'c' } } },
  'no meta': { meta: undefined },
  'an unknown body mode': { pb: 3 },
  'a host with spaces': { host: 'a b' },
})) {
  test(`an upload with ${what} is refused with the status that the client prints`, () => {
    expect(codeOf({ ...body, ...member })).toBe('operation_not_supported')
  })
}

for (const name of ['__proto__', 'constructor', 'prototype']) {
  for (const map of ['ectx', 'meta', 'pctx']) {
    test(`the name ${name} in ${map} is refused and changes no prototype`, () => {
      const values = { ...(map === 'meta' ? meta : {}) }
      const text = JSON.stringify({ ...body, [map]: values }).replace(
        `"${map}":{`,
        `"${map}":{"${name}":"x"${map === 'meta' ? ',' : ''}`,
      )
      expect(codeOf(JSON.parse(text))).toBe('operation_not_supported')
      expect(Object.hasOwn(Object.prototype, 'x')).toBe(false)
    })
  }
}

test('meta and params are taken up to their bound and not beyond', () => {
  const empty = Buffer.byteLength(JSON.stringify({ meta: { ...meta, a: '' }, params: {} }))
  const fill = (bytes: number) => ({ ...body, meta: { ...meta, a: 'x'.repeat(bytes) } })
  expect(codeOf(fill(maxToldBytes - empty))).toMatchObject({ name: 'myrule' })
  expect(codeOf(fill(maxToldBytes - empty + 1))).toBe('operation_not_supported')
})

test('a hook secret is kept with the secrets and leaves the meta', () => {
  const hook = { 'auth0-extension-secret': 'abc' }
  const upload = parseWebtaskUpload({ ...body, meta: { ...meta, ...hook }, ectx: hook }, 'demo')
  expect(upload.webtask?.meta).toEqual(meta)
  expect(upload.secrets).toEqual(hook)
  expect(codeOf({ ...body, meta: { ...meta, ...hook }, ectx: {} })).toBe('operation_not_supported')
})

test('what the client sends becomes a rule upload', () => {
  const raw = { ...body, ectx: { K: 'v' }, pctx: { p: 'q' }, pb: 1, host: 'rules.example.com' }
  expect(parseWebtaskUpload(raw, 'demo')).toEqual({
    door: 'webtask',
    name: 'myrule',
    model: 'callback',
    trigger: 'credentials-exchange',
    source: 'module.exports = 1',
    secrets: { K: 'v' },
    dependencies: [],
    order: 0,
    enabled: true,
    clientFilter: undefined,
    webtask: { meta, params: { p: 'q' }, mergeBody: true, parseBody: 1, host: 'rules.example.com' },
  })
})

test('the packages that the meta names go with the rule, and are told again as they were sent', () => {
  const told = { ...meta, 'wt-node-dependencies': '{"ms":"2.1.3"}' }
  const upload = parseWebtaskUpload({ ...body, meta: told }, 'demo')
  expect(upload.dependencies).toEqual([{ name: 'ms', version: '2.1.3' }])
  expect(upload.webtask?.meta).toEqual(told)
  expect(codeOf({ ...body, meta: { ...meta, 'wt-node-dependencies': '{"ms":"2"}' } })).toBe(
    'operation_not_supported',
  )
})

test('an upload without code keeps the stored code, and empty code is code', () => {
  expect(parseWebtaskUpload({ ...body, code: undefined }, 'demo').source).toBeUndefined()
  expect(parseWebtaskUpload({ ...body, code: '' }, 'demo').source).toBe('')
})
