import { expect, test } from 'vitest'
import type { ClientId } from '../../domain/client.ts'
import { ManagementError } from '../../domain/errors.ts'
import type { PipelineRule, RuleId, RuleName, RuleVersionId } from '../../domain/rule.ts'
import type { TenantId } from '../../domain/tenant.ts'
import { type Meta, maxRuleOrder, metaOf, parseRuleState } from './webtask-meta.ts'

const required: Meta = { 'auth0-extension': 'runtime', 'auth0-extension-name': 'credentials-exchange' }

function webtask(state: Partial<PipelineRule['rule']>, meta: Meta | undefined): PipelineRule {
  const tenantId = 'ten_1' as TenantId
  const versionId = 'ver_1' as RuleVersionId
  const at = new Date(0)
  return {
    rule: {
      tenantId,
      id: 'rul_1' as RuleId,
      door: 'webtask',
      name: 'rule' as RuleName,
      model: 'callback',
      order: 0,
      enabled: true,
      clientFilter: undefined,
      trigger: 'credentials-exchange',
      activeVersionId: versionId,
      binding: undefined,
      createdAt: at,
      updatedAt: at,
      ...state,
    },
    version: {
      tenantId,
      id: versionId,
      ruleId: 'rul_1' as RuleId,
      number: 1,
      secrets: {},
      dependencies: [],
      packages: [],
      action: undefined,
      webtask: meta && { meta, params: {}, mergeBody: false, parseBody: undefined, host: undefined },
      createdAt: at,
    },
  }
}

for (const meta of [
  {},
  { 'auth0-extension': 'runtime' },
  { 'auth0-extension-name': 'credentials-exchange' },
  { ...required, 'auth0-extension': 'other' },
  { ...required, 'auth0-extension-name': 'pre-user-registration' },
]) {
  test(`meta that describes no rule of the token endpoint is refused with what to add: ${JSON.stringify(meta)}`, () => {
    expect(() => parseRuleState(meta)).toThrow(/--meta auth0-extension=runtime --meta auth0-extension-name=/)
  })
}

test('another compiler is refused, and the one for client credentials taken with and without a version', () => {
  expect(() => parseRuleState({ ...required, 'wt-compiler': '@webtask/middleware-compiler' })).toThrow(
    ManagementError,
  )
  for (const version of ['', '@6.1.0']) {
    const compiler = `auth0-ext-compilers${version}/client-credentials-exchange`
    expect(parseRuleState({ ...required, 'wt-compiler': compiler }).enabled).toBe(true)
  }
})

for (const order of ['first', '1.5', '1e3', String(maxRuleOrder + 1), '0x10', ' 1']) {
  test(`an order that is no whole number in bounds is refused: "${order}"`, () => {
    expect(() => parseRuleState({ ...required, 'auth0-extension-order': order })).toThrow(/whole number/)
  })
}

test('the order may be negative and reaches to the bound', () => {
  expect(parseRuleState({ ...required, 'auth0-extension-order': '-3' }).order).toBe(-3)
  expect(parseRuleState({ ...required, 'auth0-extension-order': String(maxRuleOrder) }).order).toBe(
    maxRuleOrder,
  )
})

test('a client filter that can be no client id is refused', () => {
  expect(() => parseRuleState({ ...required, 'auth0-extension-client': 'two words' })).toThrow(/client/)
  expect(parseRuleState({ ...required, 'auth0-extension-client': 'abc' }).clientFilter).toBe('abc')
})

test('a rule is disabled by any text but the empty one and "0"', () => {
  const enabled = (text: string) => parseRuleState({ ...required, 'auth0-extension-disabled': text }).enabled
  expect(['', '0', '1', 'true', 'false'].map(enabled)).toEqual([true, true, false, false, false])
})

test('both spellings of the extension name are taken', () => {
  expect(parseRuleState({ ...required, 'auth0-extension-name': 'client-credentials-exchange' }).order).toBe(0)
})

test('meta is told again as it was sent while nothing else changed the rule', () => {
  const meta = { ...required, 'auth0-extension-disabled': '0', 'auth0-extension-order': '', note: 'mine' }
  expect(metaOf(webtask({}, meta))).toEqual(meta)
})

test('what another door changed is told by the meta', () => {
  const changed = { enabled: false, order: 7, clientFilter: 'abc' as ClientId }
  expect(metaOf(webtask(changed, required))).toEqual({
    ...required,
    'auth0-extension-disabled': '1',
    'auth0-extension-order': '7',
    'auth0-extension-client': 'abc',
  })
  const disabled = { ...required, 'auth0-extension-disabled': '1', 'auth0-extension-order': '3' }
  expect(metaOf(webtask({}, disabled))).toEqual(required)
})

test('a rule that came in by the management API is told with the meta that would make it', () => {
  expect(metaOf(webtask({}, undefined))).toMatchObject(required)
})
