import { expect, test } from 'vitest'
import { requireOwnScopes } from './own-scopes.ts'

const needed = ['read:a', 'read:b', 'read:c', 'read:d', 'read:e', 'read:f', 'read:g']
const mayNot = /so you can neither grant that nor act on a client that holds it\.$/

test('what an operator lacks is named', () => {
  const operator = { scopes: new Set(needed.slice(5)) }
  expect(() => requireOwnScopes(operator, needed)).toThrow(
    /token lacks read:a, read:b, read:c, read:d, read:e of the management API/,
  )
  expect(() => requireOwnScopes(operator, needed)).toThrow(mayNot)
})

test('where an operator lacks much, five are named and the others counted', () => {
  expect(() => requireOwnScopes({ scopes: new Set() }, needed)).toThrow(
    /lacks read:a, read:b, read:c, read:d, read:e and 2 more of the management API/,
  )
})

test('an operator who holds all of the scopes, and perhaps more, is not refused', () => {
  expect(() => requireOwnScopes({ scopes: new Set([...needed, 'read:h']) }, needed)).not.toThrow()
})
