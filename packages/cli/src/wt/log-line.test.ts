import picocolors from 'picocolors'
import { expect, test } from 'vitest'
import { formatLogRecord, parseLogRecord } from './log-line.ts'

const plain = picocolors.createColors(false)
const raw = {
  time: '2026-11-23T10:15:17.257Z',
  level: 40,
  rule: 'myrule',
  msg: 'hello',
  version: 3,
  client_id: 'abc',
  req_id: 'r1',
}

function shown(changes: object = {}, verbose = false): string {
  const record = parseLogRecord(JSON.stringify({ ...raw, ...changes }))
  return record ? formatLogRecord(record, plain, verbose) : 'no record'
}

for (const json of ['', 'null', '[]', '"text"', '{}', '{"msg":1}', '{"msg":"cut']) {
  test(`what is no record is not shown: ${json}`, () => {
    expect(parseLogRecord(json)).toBeUndefined()
  })
}

test('a line names time, level and rule', () => {
  expect(shown()).toBe('10:15:17.257Z WARN  myrule: hello')
  expect([20, 30, 50].map((level) => shown({ level }).split(' ')[1])).toEqual(['DEBUG', 'INFO', 'ERROR'])
})

test('version, client and request are shown on request', () => {
  expect(shown({}, true)).toBe('10:15:17.257Z WARN  myrule: hello\n    version=3 client=abc request=r1')
})

test('a rule can neither control the terminal nor forge a line of another rule', () => {
  const msg = 'a\u001b[2J\u202e\r\n10:00:00.000Z INFO  other: granted'
  expect(shown({ msg })).toBe(
    '10:15:17.257Z WARN  myrule: a\\x1b[2J\\u202e\n    10:00:00.000Z INFO  other: granted',
  )
  expect(shown({ rule: 'my\nrule', time: '\u001b]0;x' })).toBe('\\x1b]0;x WARN  my\\nrule: hello')
})
