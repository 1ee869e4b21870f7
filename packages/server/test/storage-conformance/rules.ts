import { expect, test } from 'vitest'
import {
  maxSupersededVersions,
  type RuleDoor,
  type RuleId,
  type RuleVersion,
  type RuleVersionDetails,
  type RuleVersionId,
} from '../../src/domain/rule.ts'
import { AlreadyExistsError, ChangedMeanwhileError, GoneError } from '../../src/domain/storage.ts'
import { type Current, present } from './current.ts'
import { acme, globex, idOf, sampleDraft, sampleRule, sampleVersion, secondsIn } from './samples.ts'

const later = new Date(present.getTime() + 1)

function detailsOf(version: RuleVersion): RuleVersionDetails {
  const { source: _, program: __, modules: ___, ...details } = version
  return details
}

export function registerRuleTests(current: Current): void {
  const rule = sampleRule()
  const version = sampleVersion()

  async function addRule(door: RuleDoor, name: string, order: number, enabled = true): Promise<void> {
    const { rules, commit } = current()
    const id = idOf<RuleId>(`rul_${door}_${name}`)
    const versionId = idOf<RuleVersionId>(`ver_${door}_${name}`)
    await commit([
      rules.insert(sampleRule({ id, door, name: idOf(name), order, enabled, activeVersionId: versionId })),
      rules.insertVersion(sampleVersion({ id: versionId, ruleId: id, source: `// ${name}` })),
    ])
  }

  test('a rule whose active version does not exist in its tenant is refused', async () => {
    const { rules, commit } = current()
    await expect(commit([rules.insert(rule)])).rejects.toThrow(GoneError)
    const elsewhere = rules.insertVersion(sampleVersion({ tenantId: globex.id }))
    await expect(commit([rules.insert(rule), elsewhere])).rejects.toThrow(GoneError)
    expect(await rules.list(acme.id)).toEqual([])
  })

  test('a rule name is taken once per tenant and door', async () => {
    const { rules, commit } = current()
    await addRule('webtask', 'greet', 0)
    const second = sampleRule({ id: idOf('rul_2'), name: idOf('greet'), activeVersionId: idOf('ver_2') })
    const itsVersion = rules.insertVersion(sampleVersion({ id: idOf('ver_2'), ruleId: second.id }))
    await expect(commit([rules.insert(second), itsVersion])).rejects.toThrow(AlreadyExistsError)
    await addRule('action', 'greet', 0)
  })

  test('a version number is taken once per rule', async () => {
    const { rules, commit } = current()
    await commit([rules.insert(rule), rules.insertVersion(version)])
    const same = sampleVersion({ id: idOf('ver_2') })
    await expect(commit([rules.insertVersion(same)])).rejects.toThrow(AlreadyExistsError)
  })

  test('rule and version may come in any order and come back as they were stored', async () => {
    const { rules, commit } = current()
    await commit([rules.insertVersion(version), rules.insert(rule)])
    expect(await rules.find(acme.id, rule.id)).toEqual(rule)
    expect(await rules.findByName(acme.id, 'webtask', rule.name)).toEqual(rule)
    expect(await rules.findByName(acme.id, 'hook', rule.name)).toBeUndefined()
    expect(await rules.findVersion(acme.id, version.id)).toEqual(version)
    expect(await rules.pipeline(acme.id)).toEqual([{ rule, version: detailsOf(version) }])
  })

  test('a rule without webtask details or with a client filter comes back so', async () => {
    const { rules, commit } = current()
    const filtered = sampleRule({ clientFilter: idOf('client_1'), model: 'action', door: 'action' })
    const plain = sampleVersion({ webtask: undefined, secrets: {} })
    await commit([rules.insert(filtered), rules.insertVersion(plain)])
    expect(await rules.find(acme.id, rule.id)).toEqual(filtered)
    expect(await rules.findVersion(acme.id, version.id)).toEqual(plain)
    expect((await rules.pipeline(acme.id))[0]?.version.webtask).toBeUndefined()
  })

  test('what was built of a version comes back as it was stored', async () => {
    const { rules, commit } = current()
    const built = sampleVersion({
      program: 'exports.run = 1',
      dependencies: [{ name: 'ms', version: '2.1.3' }],
      packages: [{ name: 'ms', version: '2.1.3', integrity: 'sha512-abc' }],
      modules: { names: ['ms'], code: 'module.exports = {}' },
      action: { runtime: 'node22', triggerVersion: 'v2', secretsChangedAt: { KEY: secondsIn(7) } },
    })
    const binding = { id: 'bnd_1', displayName: 'one', createdAt: secondsIn(1), updatedAt: secondsIn(2) }
    const bound = sampleRule({ door: 'action', model: 'action', binding })
    await commit([rules.insert(bound), rules.insertVersion(built)])
    expect(await rules.findVersion(acme.id, built.id)).toEqual(built)
    expect(await rules.pipeline(acme.id)).toEqual([{ rule: bound, version: detailsOf(built) }])
  })

  test('of two Hooks at one point a second enabled one is refused, until the first is disabled', async () => {
    const { rules, commit } = current()
    await addRule('hook', 'first', 0)
    await addRule('hook', 'off', 0, false)
    await expect(addRule('hook', 'second', 0)).rejects.toThrow(AlreadyExistsError)
    const [first, off] = await rules.list(acme.id)
    if (!first || !off) throw new Error('There are no two Hooks.')
    await commit([
      rules.update({ ...first, enabled: false }, first),
      rules.update({ ...off, enabled: true }, off),
    ])
    expect((await rules.pipeline(acme.id)).map((one) => one.rule.name)).toEqual(['off'])
  })

  test('a rule of a point that is not ours is kept and never in the pipeline', async () => {
    const { rules, commit } = current()
    const other = sampleRule({ door: 'hook', trigger: 'post-change-password' })
    await commit([rules.insert(other), rules.insertVersion(version)])
    expect(await rules.list(acme.id)).toEqual([other])
    expect(await rules.pipeline(acme.id)).toEqual([])
  })

  test('a draft needs its Action, changes on top of what was read, and goes with the Action', async () => {
    const { rules, commit } = current()
    const draft = sampleDraft()
    await expect(commit([rules.insertDraft(draft)])).rejects.toThrow(GoneError)
    const action = sampleRule({ door: 'action', model: 'action', enabled: false, activeVersionId: undefined })
    await commit([rules.insert(action), rules.insertDraft(draft)])
    expect(await rules.find(acme.id, action.id)).toEqual(action)
    expect(await rules.pipeline(acme.id)).toEqual([])
    expect(await rules.findDraft(globex.id, action.id)).toBeUndefined()
    const changed = { ...draft, source: '// new', isDeployed: true, updatedAt: secondsIn(5) }
    await commit([rules.updateDraft(changed, draft)])
    expect(await rules.findDraft(acme.id, action.id)).toEqual(changed)
    expect(await rules.drafts(acme.id)).toEqual([changed])
    await expect(commit([rules.updateDraft(draft, draft)])).rejects.toThrow(ChangedMeanwhileError)
    await commit([rules.remove(acme.id, action.id)])
    expect(await rules.drafts(acme.id)).toEqual([])
  })

  test('secrets named like an object’s own machinery are kept', async () => {
    const { rules, commit } = current()
    const secrets = JSON.parse('{"__proto__":"e1.a.b","constructor":"e1.c.d"}')
    await commit([rules.insert(rule), rules.insertVersion(sampleVersion({ secrets }))])
    const found = await rules.findVersion(acme.id, version.id)
    expect(Object.entries(found?.secrets ?? {})).toEqual(Object.entries(secrets))
  })

  test('the pipeline holds the enabled rules: webtasks, then the Hook, then Actions, by order and name', async () => {
    const { rules } = current()
    await addRule('action', 'a', -5)
    await addRule('hook', 'b', -9)
    await addRule('webtask', 'z', 1)
    await addRule('webtask', 'b', 2)
    await addRule('webtask', 'B', 2)
    await addRule('webtask', 'off', 0, false)
    await addRule('action', 'c', -6)
    const names = (list: { name: string; door: string }[]) => list.map(({ door, name }) => `${door} ${name}`)
    const enabled = ['webtask z', 'webtask B', 'webtask b', 'hook b', 'action c', 'action a']
    expect(names((await rules.pipeline(acme.id)).map((one) => one.rule))).toEqual(enabled)
    expect(names(await rules.list(acme.id))).toEqual(['webtask off', ...enabled])
    expect(await rules.pipeline(globex.id)).toEqual([])
  })

  test('a new version counts from the next read', async () => {
    const { rules, commit } = current()
    await commit([rules.insert(rule), rules.insertVersion(version)])
    const second = sampleVersion({ id: idOf('ver_2'), number: 2, source: '2', createdAt: secondsIn(3) })
    await commit([rules.update({ ...rule, activeVersionId: second.id }, rule), rules.insertVersion(second)])
    expect((await rules.pipeline(acme.id)).map((one) => one.version.number)).toEqual([2])
    expect(await rules.versions(acme.id, rule.id)).toEqual([second, version].map(detailsOf))
    expect(await rules.latestVersionNumber(acme.id, rule.id)).toBe(2)
    const late = rules.update({ ...rule, enabled: false }, rule)
    await expect(commit([late])).rejects.toThrow(ChangedMeanwhileError)
  })

  test('another tenant neither finds, changes nor removes a rule or a version', async () => {
    const { rules, commit } = current()
    await commit([rules.insert(rule), rules.insertVersion(version)])
    expect(await rules.find(globex.id, rule.id)).toBeUndefined()
    expect(await rules.findVersion(globex.id, version.id)).toBeUndefined()
    expect(await rules.versions(globex.id, rule.id)).toEqual([])
    expect(await rules.latestVersionNumber(globex.id, rule.id)).toBe(0)
    const theirs = rules.update({ ...rule, tenantId: globex.id }, rule)
    await expect(commit([theirs])).rejects.toThrow(ChangedMeanwhileError)
    await commit([rules.remove(globex.id, rule.id)])
    expect(await rules.findVersion(acme.id, version.id)).toEqual(version)
  })

  test('a removed rule leaves its versions without their secrets', async () => {
    const { rules, commit } = current()
    await commit([rules.insert(rule), rules.insertVersion(version)])
    await commit([rules.remove(acme.id, rule.id)])
    expect(await rules.find(acme.id, rule.id)).toBeUndefined()
    expect(await rules.pipeline(acme.id)).toEqual([])
    expect(await rules.findVersion(acme.id, version.id)).toEqual({ ...version, secrets: {} })
    await commit([rules.remove(acme.id, rule.id)])
  })

  test('a rule keeps its active version and fifty others, and each as long as it was superseded lately', async () => {
    const { rules, commit } = current()
    const made = maxSupersededVersions + 4
    const versions = Array.from({ length: made }, (_, at) =>
      sampleVersion({ id: idOf(`ver_${at + 1}`), number: at + 1, createdAt: secondsIn(at + 1) }),
    )
    const active = rules.insert(sampleRule({ activeVersionId: idOf(`ver_${made}`) }))
    await commit([active, ...versions.map(rules.insertVersion)])
    const numbersAfter = async (at: Date, limit = 100) => {
      await commit([rules.removeVersionsSupersededBefore(at, limit)])
      return (await rules.versions(acme.id, rule.id)).map(({ number }) => number).reverse()
    }
    const all = versions.map(({ number }) => number)
    expect(await numbersAfter(secondsIn(2))).toEqual(all)
    expect(await numbersAfter(secondsIn(3))).toEqual(all.slice(1))
    expect(await numbersAfter(secondsIn(1000), 1)).toEqual(all.slice(2))
    expect(await numbersAfter(secondsIn(1000))).toEqual(all.slice(3))
    expect(all.slice(3)).toHaveLength(maxSupersededVersions + 1)
  })

  test('versions of removed rules go when their time is over, those of living rules never', async () => {
    const { rules, commit } = current()
    await addRule('webtask', 'living', 0)
    await commit([rules.insert(rule), rules.insertVersion(version), rules.remove(acme.id, rule.id)])
    await commit([rules.removeVersionsOfRulesRemovedBefore(present, 10)])
    expect(await rules.findVersion(acme.id, version.id)).toBeDefined()
    await commit([rules.removeVersionsOfRulesRemovedBefore(later, 10)])
    expect(await rules.findVersion(acme.id, version.id)).toBeUndefined()
    expect(await rules.pipeline(acme.id)).toHaveLength(1)
  })
}
