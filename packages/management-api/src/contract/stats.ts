/** How many tokens were issued, to whom and for what. Counts outlive the log entries that they were counted with. */
import { type Static, Type } from 'typebox'
import type { Operation } from './operation.ts'
import { closed, dateTime, formed } from './schema.ts'

const day = formed('^\\d{8}$', 'a day (UTC) such as 20261101')

/** Of one day. `logins` are issued tokens; nobody signs up here, and no passwords are kept that could leak. */
export const dailyStats = closed({
  date: dateTime,
  logins: Type.Integer({ minimum: 0 }),
  signups: Type.Literal(0),
  leaked_passwords: Type.Literal(0),
  created_at: dateTime,
  updated_at: dateTime,
})
export type DailyStats = Static<typeof dailyStats>

/** Ours: of one client, API and day. */
export const tokenCount = closed({
  /** `YYYY-MM-DD`, UTC. */
  date: Type.String(),
  /** Empty for refusals of callers who proved to be no client. */
  client_id: Type.String(),
  /** Empty for refusals. */
  audience: Type.String(),
  issued: Type.Integer({ minimum: 0 }),
  refused: Type.Integer({ minimum: 0 }),
})
export type TokenCount = Static<typeof tokenCount>

/** The last 30 days when absent. */
export const daysQuery = closed({ from: Type.Optional(day), to: Type.Optional(day) })

export const tokenCountsQuery = closed({
  ...daysQuery.properties,
  client_id: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
  audience: Type.Optional(Type.String({ minLength: 1, maxLength: 600 })),
})
export type TokenCountsQuery = Static<typeof tokenCountsQuery>

export const statsOperations = {
  getDailyStats: {
    method: 'GET',
    path: '/stats/daily',
    scopes: ['read:stats'],
    query: daysQuery,
    status: 200,
    response: Type.Array(dailyStats),
  },
  /** Clients that got a token in the last 30 days. */
  countActiveClients: {
    method: 'GET',
    path: '/stats/active-users',
    scopes: ['read:stats'],
    status: 200,
    response: Type.Integer({ minimum: 0 }),
  },
  listTokenCounts: {
    method: 'GET',
    path: '/stats/tokens',
    scopes: ['read:stats'],
    query: tokenCountsQuery,
    status: 200,
    response: Type.Array(tokenCount),
  },
} as const satisfies Record<string, Operation>
