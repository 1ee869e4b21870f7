import type { RevocationQuery, RotationQuery } from '../contract/signing-keys.ts'
import type { Call } from './call.ts'

export function signingKeyCalls(call: Call) {
  return {
    list: () => call('GET', '/keys/signing'),
    get: (kid: string) => call('GET', '/keys/signing/:kid', { params: { kid } }),
    /** The next keys, of one algorithm or of all, begin to sign at the `current_since` of the answer. */
    rotate: (query: RotationQuery = {}) => call('POST', '/keys/signing/rotate', { query }),
    /** Revokes a previous key, or with `emergency` any key: its tokens no longer count. */
    revoke: (kid: string, query: RevocationQuery = {}) =>
      call('PUT', '/keys/signing/:kid/revoke', { params: { kid }, query }),
  }
}
