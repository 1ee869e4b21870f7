import { expect, test } from 'vitest'
import { ruleRemarks } from './rule-remarks.ts'

function remarksOn(code: string, dependencies: Record<string, string> = {}, allowedHosts: string[] = []) {
  const rule = { about: 'Hook plan', place: 'hooks/plan.json', code, dependencies }
  return ruleRemarks(rule, allowedHosts).map(({ kind, text }) => `${kind}: ${text}`)
}

test('modules that rules have, and packages that are named, need no word', () => {
  const code = `const a = require('crypto'), b = require("node:util"), c = require('lodash/get')
import d from '@scope/name/deep'`
  expect(remarksOn(code, { lodash: '4.17.21', '@scope/name': '1.0.0-rc.1' })).toEqual([])
})

for (const [code, said] of [
  [
    "require('lodash/get')",
    /^todo: it requires lodash: name it with one exact version .* in hooks\/plan\.json/,
  ],
  ["import get from '@scope/name/deep'", /^todo: it requires @scope\/name:/],
  ["require('node:fs')", /^todo: it requires fs, which rules do not have here/],
  ["require('./other')", /^todo: it requires the file \.\/other/],
  ['event.request.geoip.countryCode', /^differs: event\.request\.geoip is always empty/],
  ['event.organization?.id', /^differs: event has no organization/],
  ["const key = '##KEY##'", /^todo: a keyword of the deploy tool stands in its code/],
  ['x'.repeat(100_001), /^stops: its code has more than 100000 bytes/],
] as const) {
  test(`the import remarks on ${code.slice(0, 40)}`, () => {
    expect(remarksOn(code)).toEqual([expect.stringMatching(said)])
  })
}

test('code of exactly the limit is not too long', () => {
  expect(remarksOn('x'.repeat(100_000))).toEqual([])
})

for (const version of ['^1.2.3', 'latest', '1.2', '1.x', '>=1.0.0 <2.0.0']) {
  test(`the version ${version} is not exact`, () => {
    expect(remarksOn('', { lodash: version })).toEqual([
      expect.stringContaining(`the version ${version} of lodash`),
    ])
  })
}

test('hosts that a fetching rule names are told until they are allowed', () => {
  const code = "await fetch('https://Plans.example.com/a'); await fetch('http://b.example.com:8080')"
  expect(remarksOn(code)).toEqual([expect.stringContaining('names: plans.example.com, b.example.com:8080.')])
  expect(remarksOn(code, {}, ['plans.example.com'])).toEqual([
    expect.stringContaining('names: b.example.com:8080.'),
  ])
  expect(remarksOn(code, {}, ['plans.example.com', 'b.example.com:8080'])).toEqual([])
})

test('a claim that looks like a URL is no request', () => {
  expect(remarksOn("token['https://example.com/plan'] = 1")).toEqual([])
})
