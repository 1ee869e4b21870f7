import type { RevocationQuery, RotationQuery } from '../contract/signing-keys.ts'
import type { Call } from './call.ts'

export function signingKeyCalls(call: Call) {
  return {
    list: () => call('GET', '/keys/signing'),
    get: (kid: string) => call('GET', '/keys/signing/:kid', { params: { kid } }),
    /** The next keys begin to sign, at `current_since` of the answer: of one algorithm, or of all. */
    rotate: (query: RotationQuery = {}) => call('POST', '/keys/signing/rotate', { query }),
    /** Of a previous key, or with `emergency` of any: its tokens count no more. */
    revoke: (kid: string, query: RevocationQuery = {}) =>
      call('PUT', '/keys/signing/:kid/revoke', { params: { kid }, query }),
  }
}
