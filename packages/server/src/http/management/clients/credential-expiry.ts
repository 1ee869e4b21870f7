/** When a credential of a client expires, as it is sent. */
import { calendarMoment } from '../operation/calendar-moment.ts'
import { invalidBody } from '../operation/invalid-body.ts'

/** @throws ManagementError `invalid_body` when there is no such moment, such as a 30 February. */
export function parseExpiry(text: string): Date {
  const moment = calendarMoment(text)
  if (moment) return moment
  throw invalidBody('expires_at', 'There is no such moment')
}

/** @throws ManagementError `invalid_body` naming the member when the moment is over. */
export function requireFuture(member: string, expiresAt: Date, now: Date): Date {
  if (expiresAt > now) return expiresAt
  throw invalidBody(member, 'It has expired already')
}
