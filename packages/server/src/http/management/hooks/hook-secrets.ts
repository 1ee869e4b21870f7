/** The secrets of Hooks: their values go in and never come out. Each change makes a version of the Hook. */
import type { HookSecrets, SentHookSecrets } from '@tallystick/management-api/contract/hooks'
import { hiddenValue } from '@tallystick/management-api/contract/schema'
import type { FastifyRequest } from 'fastify'
import { ManagementError } from '../../../domain/errors.ts'
import { maxSecretsPerHook, type RuleStore } from '../../../domain/rule.ts'
import type { PublishRule } from '../../../rules/publish-rule.ts'
import { keepAllSecrets, type SecretsToKeep } from '../../../rules/rule-secrets.ts'
import type { RecordChange } from '../../record-change.ts'
import type { Handlers } from '../operation/handler.ts'
import { invalidBody } from '../operation/invalid-body.ts'
import { refusingBadRules } from '../pipeline/rule-refusal.ts'
import { requireHook, type StoredHook } from './find-hook.ts'

export interface HookSecretHandlerDeps {
  readonly rules: RuleStore
  readonly publishRule: PublishRule
  readonly recordChange: RecordChange
}

export function createHookSecretHandlers(
  deps: HookSecretHandlerDeps,
): Pick<Handlers, 'getHookSecrets' | 'addHookSecrets' | 'changeHookSecrets' | 'removeHookSecrets'> {
  return {
    async getHookSecrets({ request, param }) {
      const { version } = await requireHook(deps.rules, request, param('id'))
      return hidden(Object.keys(version.secrets))
    },

    async addHookSecrets({ request, param, body }) {
      const hook = await requireHook(deps.rules, request, param('id'))
      refuseTaken(hook, Object.keys(body))
      await keep(deps, request, hook, { ...keepAllSecrets(hook.version), ...sentValues(hook, body) }, 201)
      return {}
    },

    async changeHookSecrets({ request, param, body }) {
      const hook = await requireHook(deps.rules, request, param('id'))
      await keep(deps, request, hook, { ...keepAllSecrets(hook.version), ...sentValues(hook, body) }, 201)
      return {}
    },

    async removeHookSecrets({ request, param, body }) {
      const hook = await requireHook(deps.rules, request, param('id'))
      const kept = Object.entries(keepAllSecrets(hook.version)).filter(([name]) => !body.includes(name))
      await keep(deps, request, hook, Object.fromEntries(kept), 204)
    },
  }
}

function hidden(names: readonly string[]): HookSecrets {
  return Object.fromEntries(names.toSorted().map((name) => [name, hiddenValue]))
}

function refuseTaken({ version }: StoredHook, names: readonly string[]): void {
  const taken = names.filter((name) => Object.hasOwn(version.secrets, name))
  if (taken.length === 0) return
  throw new ManagementError(
    'conflict',
    `The Hook already has a secret named ${taken.join(', ')}. PATCH changes the value of one.`,
  )
}

/**
 * By name; null for a value that is kept. Tools send the placeholder for a value back as if it were the value. Stored
 * as one, it would be a secret that everybody knows.
 */
function sentValues({ version }: StoredHook, sent: SentHookSecrets): SecretsToKeep {
  return Object.fromEntries(
    Object.entries(sent).map(([name, value]) => {
      if (value !== hiddenValue) return [name, value]
      if (Object.hasOwn(version.secrets, name)) return [name, null]
      throw invalidBody(name, `${hiddenValue} stands for a value that is not shown; send the value`)
    }),
  )
}

async function keep(
  { publishRule, recordChange }: HookSecretHandlerDeps,
  request: FastifyRequest,
  { rule, version }: StoredHook,
  secrets: SecretsToKeep,
  status: 201 | 204,
): Promise<void> {
  const count = Object.keys(secrets).length
  if (count > maxSecretsPerHook) {
    throw new ManagementError(
      'invalid_body',
      `Payload validation error: 'The Hook would have ${count} secrets; at most ${maxSecretsPerHook} are allowed'.`,
    )
  }
  const isSame =
    count === Object.keys(version.secrets).length && Object.values(secrets).every((value) => value === null)
  const published = isSame
    ? { version, writes: [] }
    : await refusingBadRules(() =>
        publishRule(rule.tenantId, {
          ...rule,
          source: undefined,
          dependencies: undefined,
          secrets,
          webtask: undefined,
        }),
      )
  await recordChange(request, {
    description: `Changed the secrets of the Hook ${rule.name}; its version is ${published.version.number}.`,
    status,
    writes: published.writes,
  })
}
