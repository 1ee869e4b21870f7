/** What a draft of an Action holds: its source, checked, and its secrets, encrypted for it alone. */
import type { ActionDetails, ActionDraft, Rule, RuleName, RuleVersion } from '../domain/rule.ts'
import type { Dependency } from '../domain/rule-build.ts'
import type { Encryption } from '../keys/secret/encryption.ts'
import type { BuildRule } from './build-rule.ts'
import { sameDependencies } from './publish-rule.ts'
import {
  draftSecretIdentity,
  encryptSecrets,
  openSecrets,
  ruleSecretIdentity,
  type SecretsToKeep,
} from './rule-secrets.ts'

export interface ActionDraftDeps {
  readonly encryption: Encryption
  readonly buildRule: Pick<BuildRule, 'check'>
  readonly now: () => Date
}

/** What an Action shall be: parsed in shape, not yet checked in content. */
export interface DraftUpload {
  readonly name: RuleName
  readonly source: string
  /** The whole of them; null keeps the stored value. */
  readonly secrets: SecretsToKeep
  readonly dependencies: readonly Dependency[]
  readonly runtime: string
  readonly triggerVersion: string
}

/** @throws RuleRefusedError */
export async function draftOf(
  { buildRule, encryption, now }: ActionDraftDeps,
  { tenantId, id: ruleId }: Rule,
  upload: DraftUpload,
  stored: ActionDraft | undefined,
): Promise<ActionDraft> {
  const { source, dependencies, runtime, triggerVersion } = upload
  const { program } = await buildRule.check({ model: 'action', source, dependencies })
  const identity = (name: string) => draftSecretIdentity(tenantId, ruleId, name)
  const updatedAt = now()
  return {
    tenantId,
    ruleId,
    source,
    program,
    dependencies,
    secrets: encryptSecrets(
      encryption,
      upload.secrets,
      identity,
      stored && { values: stored.secrets, identity },
    ),
    action: {
      runtime,
      triggerVersion,
      secretsChangedAt: secretsChangedAt(encryption, upload, stored, updatedAt),
    },
    isDeployed: false,
    updatedAt,
  }
}

function secretsChangedAt(
  encryption: Encryption,
  { secrets }: DraftUpload,
  stored: ActionDraft | undefined,
  now: Date,
): ActionDetails['secretsChangedAt'] {
  const known = stored ? openDraftSecrets(encryption, stored) : {}
  return Object.fromEntries(
    Object.entries(secrets).map(([name, value]) => {
      const isKept = Object.hasOwn(known, name) && (value === null || value === known[name])
      return [name, (isKept ? stored?.action.secretsChangedAt[name] : undefined) ?? now]
    }),
  )
}

/** Nothing of the draft would change. */
export function isSame(encryption: Encryption, draft: ActionDraft, upload: DraftUpload): boolean {
  const sent = Object.entries(upload.secrets)
  const known = openDraftSecrets(encryption, draft)
  return (
    upload.source === draft.source &&
    upload.runtime === draft.action.runtime &&
    upload.triggerVersion === draft.action.triggerVersion &&
    sameDependencies(upload.dependencies, draft.dependencies) &&
    sent.length === Object.keys(known).length &&
    sent.every(([name, value]) => Object.hasOwn(known, name) && (value === null || value === known[name]))
  )
}

/** The draft as it is once this version was made of it. */
export function draftLike(encryption: Encryption, draft: ActionDraft, version: RuleVersion): ActionDraft {
  const values = openSecrets(encryption, {
    values: version.secrets,
    identity: (name) => ruleSecretIdentity(version.tenantId, version.id, name),
  })
  const identity = (name: string) => draftSecretIdentity(draft.tenantId, draft.ruleId, name)
  return {
    ...draft,
    source: version.source,
    program: version.program,
    dependencies: version.dependencies,
    secrets: encryptSecrets(encryption, values, identity, undefined),
    action: version.action ?? draft.action,
    isDeployed: true,
  }
}

/** The secrets of a draft, in the clear: for its test, and for the version that is made of it. */
export function openDraftSecrets(encryption: Encryption, draft: ActionDraft): Record<string, string> {
  const identity = (name: string) => draftSecretIdentity(draft.tenantId, draft.ruleId, name)
  return openSecrets(encryption, { values: draft.secrets, identity })
}
