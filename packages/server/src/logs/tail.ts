/**
 * The tail: who follows a tenant's log live gets each event as it happens. Publishing never waits: a
 * follower that reads too slowly is let go with a gap marker, and nobody else notices. Nothing here is
 * durable; what was missed is read from the log.
 */
import type { ClientId } from '../domain/client.ts'
import { ManagementError } from '../domain/errors.ts'
import type { LogEntry, LogEntryId } from '../domain/log-entry.ts'
import type { RuleId, RuleName } from '../domain/rule.ts'
import type { TenantId } from '../domain/tenant.ts'
import { createFollower, type Follower } from './follower.ts'

/** One line a rule printed. */
export interface ConsoleEvent {
  readonly kind: 'console'
  readonly at: Date
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly text: string
  readonly ruleId: RuleId
  readonly ruleName: RuleName
  readonly versionNumber: number
  /** The log entry of the exchange the rule ran for. */
  readonly requestId: LogEntryId
  readonly clientId: ClientId
}

interface EntryEvent {
  readonly kind: 'entry'
  readonly entry: LogEntry
}

export type TailEvent = ConsoleEvent | EntryEvent

/** The last thing a follower gets when it read too slowly: from here on events are missing. */
export interface TailGap {
  readonly kind: 'gap'
}

/**
 * Follows from the moment it was made. Iterate once; the iteration ends after `close()`, or with a gap
 * marker when more than `maxQueued` events waited. Leaving the loop closes it.
 */
export interface TailFollower extends AsyncIterable<TailEvent | TailGap> {
  /** Follows from now on, if it was made paused. */
  resume(): void
  close(): void
}

/** Each door's followers are bounded apart: whoever has the credential of one cannot shut out the other's. */
export type TailDoor = 'management' | 'webtask'

export interface FollowOptions {
  readonly door: TailDoor
  /** Takes its place and gets nothing before `resume()`: it has the past to read first, however long that takes. */
  readonly paused?: boolean
}

export interface Tail {
  publish(tenantId: TenantId, event: TailEvent): void
  /** Calls `listener` with each entry of every tenant, as long as the server lives. */
  onEntry(listener: (entry: LogEntry) => void): void
  /** @throws ManagementError too_many_requests when the tenant's door has `maxFollowersPerDoor` already. */
  follow(tenantId: TenantId, options: FollowOptions): TailFollower
  /** The last ten lines that this tenant's rules printed since the server started, oldest first. */
  recentConsole(tenantId: TenantId): readonly ConsoleEvent[]
  /** Ends every follower, for shutdown. */
  close(): void
}

/** Of one tenant. */
export const maxFollowersPerDoor = 50
const recentConsoleEvents = 10
/** Tenants whose recent lines are kept; the one that has been silent longest is forgotten. */
export const maxRecentTenants = 1000

type AnyFollower = Follower<TailEvent | TailGap>

export function createTail({ maxQueued }: { maxQueued: number }): Tail {
  const followersOf = new Map<TenantId, Map<AnyFollower, TailDoor>>()
  const recent = createRecentConsole()
  const listeners: ((entry: LogEntry) => void)[] = []

  return {
    publish(tenantId, event) {
      if (event.kind === 'console') recent.add(tenantId, event)
      else for (const listener of listeners) listener(event.entry)
      for (const follower of followersOf.get(tenantId)?.keys() ?? []) follower.offer(event)
    },

    onEntry: (listener) => void listeners.push(listener),

    follow(tenantId, { door, paused = false }) {
      const followers = followersOf.get(tenantId) ?? new Map<AnyFollower, TailDoor>()
      if ([...followers.values()].filter((one) => one === door).length >= maxFollowersPerDoor) {
        throw new ManagementError(
          'too_many_requests',
          `${maxFollowersPerDoor} connections follow this log already. Close one of them and try again.`,
        )
      }
      followersOf.set(tenantId, followers)
      const follower = createFollower<TailEvent | TailGap>({
        maxQueued,
        gap: { kind: 'gap' },
        paused,
        onEnd() {
          followers.delete(follower)
          if (followers.size === 0 && followersOf.get(tenantId) === followers) followersOf.delete(tenantId)
        },
      })
      followers.set(follower, door)
      return follower
    },

    recentConsole: recent.of,

    close() {
      for (const followers of [...followersOf.values()]) {
        for (const follower of [...followers.keys()]) follower.close()
      }
    },
  }
}

function createRecentConsole() {
  const linesOf = new Map<TenantId, ConsoleEvent[]>()
  return {
    add(tenantId: TenantId, event: ConsoleEvent): void {
      const lines = linesOf.get(tenantId) ?? []
      lines.push(event)
      if (lines.length > recentConsoleEvents) lines.shift()
      // Put back at the end, so that the map's first tenant is the one silent for longest.
      linesOf.delete(tenantId)
      linesOf.set(tenantId, lines)
      const silent = linesOf.keys().next()
      if (linesOf.size > maxRecentTenants && !silent.done) linesOf.delete(silent.value)
    },
    of: (tenantId: TenantId): readonly ConsoleEvent[] => [...(linesOf.get(tenantId) ?? [])],
  }
}
