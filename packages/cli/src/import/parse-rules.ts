/** Hooks and Actions of an export. */
import { isJsonObject, type JsonObject, textMember } from '../json-object.ts'
import { SecretText } from '../secret-text.ts'
import type { ExportedAction, ExportedHook, ExportedSecrets } from './exported.ts'
import type { RawObject } from './raw-export.ts'
import { requireText } from './required-members.ts'
import { unreadableExport } from './unreadable-export.ts'

/** What Auth0 tells in place of a Hook's secret. */
const maskedSecret = '_VALUE_NOT_SHOWN_'

/** @throws Failure */
export function parseHook({ place, members }: RawObject): ExportedHook {
  return {
    place,
    // As the deploy tool names them: what it imported is found again under the same name.
    name: requireText(members, 'name', place).toLowerCase().replace(/\s/g, '-'),
    triggerId: requireText(members, 'triggerId', place),
    enabled: members.enabled === true,
    script: requireText(members, 'script', place),
    dependencies: parseVersions(members.dependencies ?? {}, `${place}, dependencies`),
    secrets: new Map(
      Object.entries(objectOrEmpty(members.secrets, `${place}, secrets`)).map(([name, value]) => [
        name,
        secretOf(value, place),
      ]),
    ),
  }
}

/** @throws Failure */
export function parseAction({ place, members }: RawObject): ExportedAction {
  const triggers = objectsIn(members.supported_triggers, `${place}, supported_triggers`)
  return {
    place,
    name: requireText(members, 'name', place),
    triggers: triggers.map((trigger) => ({
      id: requireText(trigger, 'id', place),
      version: textMember(trigger, 'version'),
    })),
    code: textMember(members, 'code') ?? '',
    runtime: textMember(members, 'runtime'),
    dependencies: parseDependencies(members.dependencies, place),
    secrets: parseActionSecrets(members.secrets, place),
    isDeployed: members.deployed === true,
    usesModules: Array.isArray(members.modules) && members.modules.length > 0,
  }
}

function parseActionSecrets(value: unknown, place: string): ExportedSecrets {
  return new Map(
    objectsIn(value, `${place}, secrets`).map((secret) => [
      requireText(secret, 'name', `${place}, secrets`),
      secretOf(secret.value, place),
    ]),
  )
}

function secretOf(value: unknown, place: string): SecretText | undefined {
  if (value === undefined || value === null || value === '' || value === maskedSecret) return undefined
  if (typeof value !== 'string') throw unreadableExport(`${place}, secrets`, 'A value is no text.')
  return new SecretText(value)
}

function parseDependencies(value: unknown, place: string): Readonly<Record<string, string>> {
  const versions = objectsIn(value, `${place}, dependencies`).map((dependency) => [
    requireText(dependency, 'name', place),
    requireText(dependency, 'version', place),
  ])
  return Object.fromEntries(versions)
}

function parseVersions(value: unknown, place: string): Readonly<Record<string, string>> {
  const versions = Object.entries(objectOrEmpty(value, place))
  return Object.fromEntries(
    versions.map(([name, version]) => {
      if (typeof version !== 'string') throw unreadableExport(place, `The version of ${name} is no text.`)
      return [name, version]
    }),
  )
}

function objectOrEmpty(value: unknown, place: string): JsonObject {
  if (value === undefined || value === null) return {}
  if (!isJsonObject(value)) throw unreadableExport(place, 'It is not an object.')
  return value
}

function objectsIn(value: unknown, place: string): readonly JsonObject[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value) || !value.every(isJsonObject)) {
    throw unreadableExport(place, 'It is not a list of objects.')
  }
  return value
}
