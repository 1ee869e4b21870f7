/** What versions of rules and drafts of Actions have in common, read from their columns. */
import type { ActionDetails, EncryptedValue } from '../domain/rule.ts'
import type { Dependency } from '../domain/rule-build.ts'
import {
  readIdentifier,
  readJson,
  readObject,
  readTextMap,
  requireList,
  requireMoment,
  requireObject,
  requireText,
} from './row.ts'

export function readSecrets(json: string, place: string): Record<string, EncryptedValue> {
  const values = Object.entries(readTextMap(json, place))
  return Object.fromEntries(
    values.map(([name, value]) => [name, readIdentifier<EncryptedValue>(value, place)]),
  )
}

export function readDependencies(json: string, place: string): Dependency[] {
  return requireList(readJson(json, place), place).map((item) => {
    const { name, version } = requireObject(item, place)
    return { name: requireText(name, place), version: requireText(version, place) }
  })
}

export function readActionDetails(json: string, place: string): ActionDetails {
  const action = readObject(json, place)
  const changed = Object.entries(requireObject(action.secretsChangedAt, place))
  return {
    runtime: requireText(action.runtime, place),
    triggerVersion: requireText(action.triggerVersion, place),
    secretsChangedAt: Object.fromEntries(changed.map(([name, at]) => [name, requireMoment(at, place)])),
  }
}
