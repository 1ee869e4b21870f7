/** The named webtasks of a container: list, show, upload, remove. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { ManagementError } from '../../domain/errors.ts'
import { parseRuleName, type RuleStore } from '../../domain/rule.ts'
import type { TenantId } from '../../domain/tenant.ts'
import type { PublishedRule, PublishRule, RuleUpload } from '../../rules/publish-rule.ts'
import { RuleRefusedError } from '../../rules/rule-refused.ts'
import { againIfChanged } from '../again-if-changed.ts'
import type { RecordChange } from '../record-change.ts'
import type { DoorAccess } from './door-access.ts'
import { metaOf } from './webtask-meta.ts'
import { parseListQuery } from './webtask-query.ts'
import { findWebtask, listWebtasks, toListed, type Webtask, webtaskUrl } from './webtask-rules.ts'
import { signWebtaskToken } from './webtask-token.ts'
import { parseWebtaskUpload } from './webtask-upload.ts'

export interface WebtasksDeps {
  readonly access: DoorAccess
  readonly rules: RuleStore
  readonly publishRule: PublishRule
  readonly recordChange: RecordChange
  readonly jwtKey: Uint8Array
}

export function createWebtasks({ access, rules, publishRule, recordChange, jwtKey }: WebtasksDeps) {
  async function requireWebtask(tenantId: TenantId, rawName: string): Promise<Webtask> {
    const name = parseRuleName(rawName)
    const webtask = name && (await findWebtask(rules, tenantId, name))
    if (webtask) return webtask
    throw new ManagementError('not_found', 'There is no webtask of this name. wt ls shows those that exist.')
  }

  return {
    async list(request: FastifyRequest, container: string) {
      const { tenant } = await access.enter(request, container)
      const { offset, limit, meta } = parseListQuery(request.query)
      const webtasks = await listWebtasks(rules, tenant.id)
      const matching = webtasks.filter((webtask) => {
        const told = new Map(Object.entries(metaOf(webtask)))
        return meta.every(([key, value]) => told.get(key) === value)
      })
      return matching
        .slice(offset, offset + limit)
        .map((webtask) => toListed(jwtKey, request.issuer, tenant, webtask))
    },

    async show(request: FastifyRequest, container: string, rawName: string) {
      const { tenant } = await access.enter(request, container)
      return toListed(jwtKey, request.issuer, tenant, await requireWebtask(tenant.id, rawName))
    },

    /** Creates, or replaces everything: what an upload does not name is gone, but for code that it leaves out. */
    async upload(request: FastifyRequest, reply: FastifyReply) {
      const { tenant } = await access.enter(request)
      const upload = parseWebtaskUpload(request.body, tenant.name)
      const published = await lastOneWins(async () => {
        const { writes, ...made } = await publish(publishRule, tenant.id, upload)
        const description = `Rule ${upload.name} was uploaded with wt as version ${made.version.number}.`
        await recordChange(request, { description, status: 200, writes })
        return made
      })
      return reply
        .header('location', webtaskUrl(request.issuer, tenant, upload.name))
        .type('text/plain; charset=utf-8')
        .send(signWebtaskToken(jwtKey, tenant.name, published))
    },

    async remove(request: FastifyRequest, reply: FastifyReply, container: string, rawName: string) {
      const { tenant } = await access.enter(request, container)
      const { rule } = await requireWebtask(tenant.id, rawName)
      const description = `Rule ${rule.name} was removed with wt.`
      await recordChange(request, { description, status: 204, writes: [rules.remove(tenant.id, rule.id)] })
      return reply.status(204).send()
    },
  }
}

/** An upload replaces what is there, so one that comes second is made again on top of the first. */
async function lastOneWins<Made>(upload: () => Promise<Made>): Promise<Made> {
  try {
    return await againIfChanged(upload, isConflict)
  } catch (error) {
    if (!isConflict(error)) throw error
    throw new ManagementError(
      'operation_not_supported',
      'Another upload of this rule came first. Upload it again.',
      { cause: error },
    )
  }
}

function isConflict(error: unknown): boolean {
  return error instanceof ManagementError && error.code === 'conflict'
}

/** 403 is the one status that the client prints as a clean line when it creates. */
async function publish(
  publishRule: PublishRule,
  tenantId: TenantId,
  upload: RuleUpload,
): Promise<PublishedRule> {
  try {
    return await publishRule(tenantId, upload)
  } catch (error) {
    if (!(error instanceof RuleRefusedError)) throw error
    throw new ManagementError('operation_not_supported', error.message, { cause: error })
  }
}
