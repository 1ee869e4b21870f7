/** Of a right DPoP proof, whatever is changed makes a wrong one. */
import fc from 'fast-check'
import { describe, test } from 'vitest'
import { type Members, signText } from '../../../test/dpop-proofs.ts'
import { pair, proof, refusalOf, seconds, withClaims, withHeader } from '../../../test/judged-proofs.ts'

describe('no altered proof is taken', () => {
  test('whichever character is another one', () => {
    const raw = proof()
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ ,"{'
    const character = fc.constantFrom(...alphabet)
    fc.assert(
      fc.property(
        fc.nat(raw.length - 1),
        character,
        fc.constantFrom('replace', 'insert', 'remove'),
        (at, put, how) => {
          const altered =
            raw.slice(0, at) + (how === 'remove' ? '' : put) + raw.slice(how === 'insert' ? at : at + 1)
          return altered === raw || refusalOf([altered]) !== undefined
        },
      ),
      { numRuns: 400 },
    )
  })

  test('whatever value a member has instead, signed with the right key', () => {
    const name = fc.constantFrom(
      'typ',
      'alg',
      'jwk',
      'crit',
      'htm',
      'htu',
      'jti',
      'iat',
      'nonce',
      'nbf',
      'exp',
    )
    fc.assert(
      fc.property(name, fc.jsonValue({ maxDepth: 2 }), (member, value) => {
        // Values of these that are right, and so taken.
        if (member === 'jti' || member === 'nonce') fc.pre(typeof value !== 'string' || value.length === 0)
        if (member === 'nonce') fc.pre(typeof value !== 'string')
        if (member === 'nbf') fc.pre(typeof value !== 'number' || value > seconds + 10)
        if (member === 'exp') fc.pre(typeof value !== 'number' || value <= seconds - 10)
        const changes = { [member]: value }
        return refusalOf([withHeaderOrClaims(member, changes)]) !== undefined
      }),
      { numRuns: 400 },
    )
  })

  test('whatever the header is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.base64String()), (raw) => {
        return refusalOf([raw]) !== undefined && refusalOf([signText(pair, raw, raw)]) !== undefined
      }),
      { numRuns: 200 },
    )
  })
})

function withHeaderOrClaims(member: string, changes: Members): string {
  return ['typ', 'alg', 'jwk', 'crit'].includes(member) ? withHeader(changes) : withClaims(changes)
}
