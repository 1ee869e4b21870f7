/**
 * The webtask door: every path of the `wt` client, in one table. The client turns a URL that ends in a slash into
 * `//api/…`, so each path is registered twice.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { ManagementError } from '../../domain/errors.ts'
import type { LogEntry } from '../../domain/log-entry.ts'
import type { RuleStore } from '../../domain/rule.ts'
import type { TenantStore } from '../../domain/tenant.ts'
import type { WebtaskTokenStore } from '../../domain/webtask-token.ts'
import type { Write } from '../../domain/write.ts'
import type { Encryption } from '../../keys/secret/encryption.ts'
import type { Tail } from '../../logs/tail.ts'
import type { PublishRule } from '../../rules/publish-rule.ts'
import { neverStore } from '../never-store.ts'
import { createRecordChange, recordRefusedChanges } from '../record-change.ts'
import { createDoorAccess } from './door-access.ts'
import { createLogStream } from './log-stream.ts'
import { type RefusedPath, refusedPaths } from './refused-paths.ts'
import { availableModules } from './webtask-modules.ts'
import { parseKeyQuery } from './webtask-query.ts'
import { createWebtaskTokens } from './webtask-tokens.ts'
import { createWebtasks } from './webtasks.ts'

export interface WebtaskDoorDeps {
  readonly tenants: Pick<TenantStore, 'find'>
  readonly rules: RuleStore
  readonly webtaskTokens: WebtaskTokenStore
  readonly encryption: Encryption
  /** The keyed hash under which a management token is stored. */
  readonly hashSecret: (text: string) => Uint8Array
  /** Derived from the master key for this purpose alone; signs the tokens that name rule versions. */
  readonly webtaskJwtKey: Uint8Array
  readonly publishRule: PublishRule
  readonly record: (entry: LogEntry, writes: readonly Write[]) => Promise<void>
  readonly tail: Tail
  /** How often followers of the log hear from us, and have their token checked again. */
  readonly heartbeatMs?: number
  readonly now: () => Date
}

interface InContainer {
  Params: { container: string }
}
interface Named {
  Params: { container: string; name: string }
}

const defaultHeartbeatMs = 15_000
/** The client's paths below `/api`, with and without the doubled slash. */
const prefixes = ['/api', '//api']

export function registerWebtaskDoor(app: FastifyInstance, deps: WebtaskDoorDeps): void {
  const access = createDoorAccess(deps)
  const recordChange = createRecordChange(deps)
  const shared = { ...deps, access, recordChange, jwtKey: deps.webtaskJwtKey }
  const webtasks = createWebtasks(shared)
  const tokens = createWebtaskTokens(shared)
  const logs = createLogStream({ ...shared, heartbeatMs: deps.heartbeatMs ?? defaultHeartbeatMs })

  app.register(async (door) => {
    neverStore(door)
    recordRefusedChanges(door, deps)
    acceptAnyJson(door)
    tellCodeOfErrors(door)
    door.addHook('preClose', async () => logs.close())

    door.register(async (guarded) => {
      // Before the body is read: nobody without a token can make us parse anything.
      guarded.addHook('onRequest', async (request) => void (await access.enter(request)))
      for (const api of prefixes) registerGuarded(guarded, api, webtasks, tokens)
    })
    // Its client cannot send a header, so it has a way of its own to enter.
    for (const api of prefixes) {
      door.get<InContainer>(`${api}/logs/tenant/:container`, { exposeHeadRoute: false }, (request, reply) =>
        logs.follow(request, reply, request.params.container, parseKeyQuery(request.query)),
      )
    }
  })

  // Beside the door, not in it: asking for what is not offered is no change that was refused.
  app.register(async (beside) => {
    neverStore(beside)
    tellCodeOfErrors(beside)
    for (const refused of refusedPaths) refusePath(beside, refused)
  })
}

function registerGuarded(
  guarded: FastifyInstance,
  api: string,
  webtasks: ReturnType<typeof createWebtasks>,
  tokens: ReturnType<typeof createWebtaskTokens>,
): void {
  guarded.post(`${api}/tokens/issue`, (request, reply) => webtasks.upload(request, reply))
  guarded.post(`${api}/env/node/modules`, async (request) => availableModules(request.body))
  guarded.get(`${api}/tokens/inspect`, (request) => tokens.inspect(request))
  guarded.post(`${api}/tokens/revoke`, async (request, reply) => {
    await tokens.revoke(request)
    return reply.status(204).send()
  })
  guarded.get<InContainer>(`${api}/webtask/:container`, (request) =>
    webtasks.list(request, request.params.container),
  )
  guarded.get<Named>(`${api}/webtask/:container/:name`, (request) =>
    webtasks.show(request, request.params.container, request.params.name),
  )
  guarded.delete<Named>(`${api}/webtask/:container/:name`, (request, reply) =>
    webtasks.remove(request, reply, request.params.container, request.params.name),
  )
}

function refusePath(beside: FastifyInstance, { methods, path, code, message }: RefusedPath): void {
  async function refuse(): Promise<never> {
    throw new ManagementError(code, message)
  }
  for (const api of prefixes) {
    // Refused at once: the body is not read.
    const onRequest = refuse
    beside.route({
      method: [...methods],
      url: api + path,
      exposeHeadRoute: false,
      onRequest,
      handler: refuse,
    })
  }
}

/** Parsed here, so that broken JSON and special names are refused with a sentence the client can print. */
function acceptAnyJson(door: FastifyInstance): void {
  // Code that was stored with other characters than it was sent with might do something else.
  const utf8 = new TextDecoder('utf-8', { fatal: true })
  const parse = async (_request: FastifyRequest, rawBody: Buffer): Promise<unknown> => {
    if (rawBody.length === 0) return undefined
    try {
      const body: unknown = JSON.parse(utf8.decode(rawBody))
      return body
    } catch (cause) {
      throw new ManagementError('invalid_body', 'The body is not valid JSON in UTF-8.', { cause })
    }
  }
  door.removeContentTypeParser('application/json')
  door.addContentTypeParser('application/json', { parseAs: 'buffer' }, parse)
}

/** The client's own servers told the status as `code`; older ones read it there. */
function tellCodeOfErrors(door: FastifyInstance): void {
  door.addHook('preSerialization', async (_request, reply, payload: unknown) => {
    if (reply.statusCode < 400 || typeof payload !== 'object' || payload === null) return payload
    return { code: reply.statusCode, ...payload }
  })
}
