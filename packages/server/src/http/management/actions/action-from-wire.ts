/** What a body asks an Action to be, applied to what is stored. */
import type { ActionChange } from '@tallystick/management-api/contract/actions'
import { hiddenValue } from '@tallystick/management-api/contract/schema'
import { parseActionName, type RuleName } from '../../../domain/rule.ts'
import { type Dependency, parseDependency } from '../../../domain/rule-build.ts'
import type { DraftUpload } from '../../../rules/action-draft.ts'
import type { StoredAction } from '../../../rules/publish-draft.ts'
import type { SecretsToKeep } from '../../../rules/rule-secrets.ts'
import { invalidBody } from '../operation/invalid-body.ts'

const defaultRuntimes = { v1: 'node12', v2: 'node22' } as const

/** @throws ManagementError `invalid_body`, BuildError */
export function draftUpload(
  name: RuleName,
  body: ActionChange,
  stored: StoredAction['draft'] | undefined,
): DraftUpload {
  refuseModules(body.modules)
  const sentVersion = body.supported_triggers?.[0]?.version
  return {
    name,
    source: body.code ?? stored?.source ?? '',
    secrets: secretsOf(body.secrets) ?? keptSecrets(stored),
    dependencies: dependenciesOf(body.dependencies) ?? stored?.dependencies ?? [],
    runtime: body.runtime ?? stored?.action.runtime ?? defaultRuntimes[sentVersion ?? 'v2'],
    triggerVersion: sentVersion ?? stored?.action.triggerVersion ?? 'v2',
  }
}

/** @throws ManagementError `invalid_body` */
export function actionNameOf(text: string): RuleName {
  const name = parseActionName(text)
  if (!name) throw invalidBody('name', 'Not a name of an Action')
  return name
}

/** An entry with only a name keeps its value. Tools send the placeholder for a value back as if it were the value. */
function secretsOf(sent: ActionChange['secrets']): SecretsToKeep | undefined {
  if (!sent) return undefined
  const secrets = sent.map(({ name, value }): [string, string | null] => [
    name,
    value === undefined || value === hiddenValue ? null : value,
  ])
  const names = new Set(secrets.map(([name]) => name))
  if (names.size < secrets.length) throw invalidBody('secrets', 'Each name may be there once')
  return Object.fromEntries(secrets)
}

function keptSecrets(stored: StoredAction['draft'] | undefined): SecretsToKeep {
  return Object.fromEntries(Object.keys(stored?.secrets ?? {}).map((name) => [name, null]))
}

function dependenciesOf(sent: ActionChange['dependencies']): Dependency[] | undefined {
  if (!sent) return undefined
  for (const { name, registry_url } of sent) {
    if (registry_url) {
      throw invalidBody(
        'dependencies',
        `Packages come from the registry that the operator configured; leave registry_url of ${name.slice(0, 214)} out`,
      )
    }
  }
  const names = new Set(sent.map(({ name }) => name))
  if (names.size < sent.length) throw invalidBody('dependencies', 'Each name may be there once')
  return sent.map(({ name, version }) => parseDependency(name, version))
}

function refuseModules(modules: ActionChange['modules']): void {
  if (!modules || modules.length === 0) return
  throw invalidBody('modules', 'Modules of Actions are not offered; put their code into the Action')
}
