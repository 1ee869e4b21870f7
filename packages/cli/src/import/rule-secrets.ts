/**
 * Secrets of Hooks and Actions. An export tells their names and hides their values, so the values come from a file of
 * their own: `{ "hooks": { "add-plan": { "KEY": "…" } }, "actions": { … } }`.
 */
import { stat } from 'node:fs/promises'
import { Failure } from '../failure.ts'
import { isJsonObject, type JsonObject, parseJsonObject } from '../json-object.ts'
import { readText } from '../secret-input.ts'
import { revealSecret, SecretText } from '../secret-text.ts'
import type { InputStream } from '../terminal.ts'
import type { ExportedSecrets } from './exported.ts'

export type RuleKind = 'hooks' | 'actions'
type SecretsByRule = ReadonlyMap<string, ReadonlyMap<string, SecretText>>
export type GivenSecrets = Readonly<Record<RuleKind, SecretsByRule>>

export const noSecrets: GivenSecrets = { hooks: new Map(), actions: new Map() }

/** @throws Failure */
export async function readRuleSecrets(path: string, input: InputStream): Promise<GivenSecrets> {
  if (path !== '-') await refuseOpenFile(path)
  const parsed = parseJsonObject(await readText(path, input))
  if (!parsed) throw unreadable(path, 'It is not one JSON object.')
  const unknown = Object.keys(parsed).find((name) => name !== 'hooks' && name !== 'actions')
  if (unknown !== undefined) throw unreadable(path, `It has a member ${unknown}.`)
  return { hooks: parseKind(parsed.hooks, path), actions: parseKind(parsed.actions, path) }
}

/** What others can read is known to others. */
async function refuseOpenFile(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined)
  if (!found?.isFile() || (found.mode & 0o077) === 0) return
  throw new Failure('usage', {
    what: `The secrets in ${path} can be read by others.`,
    why: `Its mode is ${(found.mode & 0o777).toString(8)}.`,
    todo: `Run: chmod 600 ${path}`,
  })
}

function parseKind(value: unknown, path: string): SecretsByRule {
  return new Map(
    Object.entries(objectOf(value ?? {}, path)).map(([rule, secrets]) => [
      rule,
      new Map(
        Object.entries(objectOf(secrets, path)).map(([name, text]) => {
          if (typeof text !== 'string') throw unreadable(path, `The value of ${name} of ${rule} is no text.`)
          return [name, new SecretText(text)]
        }),
      ),
    ]),
  )
}

function objectOf(value: unknown, path: string): JsonObject {
  if (!isJsonObject(value)) throw unreadable(path, 'A member is not an object.')
  return value
}

function unreadable(path: string, why: string): Failure {
  return new Failure('usage', {
    what: `The secrets in ${path === '-' ? 'standard input' : path} cannot be read.`,
    why,
    todo: 'Write {"hooks": {"NAME": {"SECRET": "value"}}, "actions": {"NAME": {"SECRET": "value"}}}.',
  })
}

export interface SecretsToSend {
  /** Not here yet. */
  readonly added: ReadonlyMap<string, SecretText>
  /** Here, and to be replaced. */
  readonly replaced: ReadonlyMap<string, SecretText>
  /** Neither here nor given. */
  readonly missing: readonly string[]
}

/** What is here stays unless it is asked to be replaced: values cannot be compared. */
export function secretsToSend(
  exported: ExportedSecrets,
  given: ReadonlyMap<string, SecretText> | undefined,
  here: readonly string[],
  replace: boolean,
): SecretsToSend {
  const added = new Map<string, SecretText>()
  const replaced = new Map<string, SecretText>()
  const missing: string[] = []
  for (const name of new Set([...exported.keys(), ...(given?.keys() ?? [])])) {
    const value = given?.get(name) ?? exported.get(name)
    const isHere = here.includes(name)
    if (value === undefined) {
      if (!isHere) missing.push(name)
    } else if (!isHere) added.set(name, value)
    else if (replace) replaced.set(name, value)
  }
  return { added, replaced, missing }
}

export function revealed(secrets: ReadonlyMap<string, SecretText>): Record<string, string> {
  return Object.fromEntries([...secrets].map(([name, value]) => [name, revealSecret(value)]))
}
