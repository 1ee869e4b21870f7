import { expect, test } from 'vitest'
import { complianceLevels } from '../../domain/client.ts'
import { demandsOfLevel } from '../../domain/security-demands.ts'
import { type BindingParties, type ProvenKeys, requiredConfirmation } from './required-confirmation.ts'

const nobodyAsks: BindingParties = {
  client: { requiresProofOfPossession: false, tokenEndpointAuthMethod: 'private_key_jwt' },
  resourceServer: { proofOfPossession: undefined },
  demands: undefined,
}
const api = (mechanism: 'mtls' | 'dpop', required: boolean) => ({
  proofOfPossession: { mechanism, required, requiredFor: undefined },
})
const byCertificate = { ...nobodyAsks.client, tokenEndpointAuthMethod: 'tls_client_auth' } as const
const strictClient = { ...nobodyAsks.client, requiresProofOfPossession: true }
const level = (name: (typeof complianceLevels)[number]) => ({ demands: demandsOfLevel(name) })

const dpop = { kind: 'dpop', jkt: 'j' }
const mtls = { kind: 'mtls', x5tS256: 'x' }
const key = { jkt: 'j' }
const certificate = { x5tS256: 'x' }
const both = { ...key, ...certificate }

const refused: [name: string, parties: Partial<BindingParties>, proven: ProvenKeys, code: string][] = [
  ['a client that demands it proves nothing', { client: strictClient }, {}, 'invalid_dpop_proof'],
  ['an API of DPoP gets no proof', { resourceServer: api('dpop', true) }, {}, 'invalid_dpop_proof'],
  [
    'an API of DPoP gets a certificate',
    { resourceServer: api('dpop', true) },
    certificate,
    'invalid_dpop_proof',
  ],
  ['an API of mTLS gets no certificate', { resourceServer: api('mtls', true) }, {}, 'invalid_request'],
  ['an API of mTLS gets a DPoP proof', { resourceServer: api('mtls', true) }, key, 'invalid_request'],
  ['an API of mTLS gets both', { resourceServer: api('mtls', true) }, both, 'invalid_request'],
  ['a level of DPoP gets no proof', level('fapi2_sp_pkj_dpop'), {}, 'invalid_dpop_proof'],
  ['a level of DPoP gets a certificate', level('fapi2_sp_mtls_dpop'), certificate, 'invalid_dpop_proof'],
  ['a level of mTLS gets no certificate', level('fapi2_sp_pkj_mtls'), {}, 'invalid_request'],
  ['a level of mTLS gets a DPoP proof', level('fapi2_sp_mtls_mtls'), key, 'invalid_request'],
  [
    'client and API demand different ways',
    { ...level('fapi2_sp_pkj_mtls'), resourceServer: api('dpop', true) },
    certificate,
    'invalid_target',
  ],
]
test.each(refused)('no token when %s', (_name, parties, proven, code) => {
  expect(() => requiredConfirmation({ ...nobodyAsks, ...parties }, proven)).toThrow(
    expect.objectContaining({ name: 'OAuthError', code }),
  )
})

const granted: [name: string, parties: Partial<BindingParties>, proven: ProvenKeys, confirmation: unknown][] =
  [
    ['nobody asks, and nothing is proven', {}, {}, undefined],
    ['nobody asks, and a certificate came along', {}, certificate, undefined],
    ['nobody asks, and a DPoP proof came', {}, key, dpop],
    ['the client proved itself with a certificate', { client: byCertificate }, certificate, mtls],
    ['it did, and sends a DPoP proof', { client: byCertificate }, both, dpop],
    [
      'the API knows certificates and demands none',
      { resourceServer: api('mtls', false) },
      certificate,
      mtls,
    ],
    ['the same without a certificate', { resourceServer: api('mtls', false) }, {}, undefined],
    ['the client demands it and has a certificate', { client: strictClient }, certificate, mtls],
    ['the client demands it and has a key', { client: strictClient }, key, dpop],
    ['the API demands DPoP', { resourceServer: api('dpop', true) }, both, dpop],
    ['the API demands a certificate', { resourceServer: api('mtls', true) }, certificate, mtls],
    ['the level demands DPoP', level('fapi2_sp_mtls_dpop'), both, dpop],
    ['the level demands a certificate', level('fapi2_sp_pkj_mtls'), certificate, mtls],
  ]
test.each(granted)('what the token is bound to when %s', (_name, parties, proven, confirmation) => {
  expect(requiredConfirmation({ ...nobodyAsks, ...parties }, proven)).toEqual(confirmation)
})

test('at every level there is a way to a token, and never without a proof', () => {
  for (const name of complianceLevels) {
    const parties = { ...nobodyAsks, ...level(name) }
    if (name === 'none') expect(requiredConfirmation(parties, {})).toBeUndefined()
    else expect(() => requiredConfirmation(parties, {})).toThrow()
    const ways = [key, certificate].filter((proven) => {
      try {
        return requiredConfirmation(parties, proven) !== undefined
      } catch {
        return false
      }
    })
    expect(ways).toHaveLength(1)
  }
})
