/** Actions, their drafts and versions as the wire shows them: the names of secrets, never a value. */
import type {
  ActionBase,
  ActionVersion,
  DeployedVersion,
} from '@tallystick/management-api/contract/action-versions'
import type { Action } from '@tallystick/management-api/contract/actions'
import type { ActionDetails, Rule, RuleVersion } from '../../../domain/rule.ts'
import type { Dependency } from '../../../domain/rule-build.ts'
import type { StoredAction } from '../../../rules/publish-draft.ts'

export function actionOnWire(action: StoredAction, deployed: RuleVersion | undefined): Action {
  const { rule, draft } = action
  const version = deployed && deployedOnWire(rule, deployed)
  return {
    ...actionBaseOnWire(action),
    code: draft.source,
    dependencies: dependenciesOnWire(draft.dependencies),
    runtime: draft.action.runtime,
    status: 'built',
    secrets: secretsOnWire(draft.secrets, draft.action, draft.updatedAt),
    ...(version && {
      deployed_version: version,
      current_version: { ...version, status: 'BUILT', build_time: version.built_at },
    }),
  }
}

export function actionBaseOnWire({ rule, draft }: StoredAction): ActionBase {
  return {
    id: rule.id,
    name: rule.name,
    supported_triggers: triggersOnWire(draft.action),
    all_changes_deployed: draft.isDeployed,
    created_at: rule.createdAt.toISOString(),
    updated_at: draft.updatedAt.toISOString(),
  }
}

export function actionVersionOnWire(action: StoredAction, version: RuleVersion): ActionVersion {
  return { ...deployedOnWire(action.rule, version), action: actionBaseOnWire(action) }
}

function deployedOnWire(rule: Rule, version: RuleVersion): DeployedVersion {
  const { action, createdAt } = version
  const at = createdAt.toISOString()
  return {
    id: version.id,
    action_id: rule.id,
    number: version.number,
    code: version.source,
    dependencies: dependenciesOnWire(version.dependencies),
    runtime: action?.runtime ?? '',
    secrets: secretsOnWire(version.secrets, action, createdAt),
    status: 'built',
    deployed: version.id === rule.activeVersionId,
    supported_triggers: action ? triggersOnWire(action) : [],
    built_at: at,
    created_at: at,
    updated_at: at,
  }
}

function triggersOnWire({ triggerVersion }: ActionDetails): ActionBase['supported_triggers'] {
  return [{ id: 'credentials-exchange', version: triggerVersion }]
}

function dependenciesOnWire(dependencies: readonly Dependency[]): Action['dependencies'] {
  return dependencies.map(({ name, version }) => ({ name, version }))
}

function secretsOnWire(
  secrets: Readonly<Record<string, unknown>>,
  action: ActionDetails | undefined,
  otherwise: Date,
): Action['secrets'] {
  return Object.keys(secrets)
    .toSorted()
    .map((name) => ({
      name,
      updated_at: (action?.secretsChangedAt[name] ?? otherwise).toISOString(),
    }))
}
