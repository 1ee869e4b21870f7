/**
 * Members of a resource server with which Auth0 protects its tokens in ways that are not offered here. Where they ask
 * for nothing they are kept; where they would promise a protection that does not exist, they are refused.
 */
import type { ResourceServerChange } from '@tallystick/management-api/contract/resource-servers'
import { invalidBody } from '../operation/invalid-body.ts'

/** @throws ManagementError `invalid_body` naming the member. */
export function refuseEmptyPromises(body: ResourceServerChange): void {
  if (body.authorization_details?.some((details) => !isNone(details))) {
    throw invalidBody(
      'authorization_details',
      'Authorization details (RFC 9396) are not offered; leave it out or send null',
    )
  }
}

/** `{ "type": "none" }` stands for no details at all. */
function isNone(details: unknown): boolean {
  return typeof details === 'object' && details !== null && 'type' in details && details.type === 'none'
}
