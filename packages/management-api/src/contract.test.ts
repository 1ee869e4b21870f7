import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Operation } from './contract/operation.ts'
import { managementScopes, operations } from './contract.ts'

const folder = new URL('contract/', import.meta.url)
const all = Object.entries<Operation>(operations)

/** The one creation that Auth0's API answers like a change. */
const createdStatus: Readonly<Record<string, number>> = { createLogStream: 200 }

test('no two operations have the same method and path', () => {
  // A parameter's name is no difference: the first of two such routes would answer for both.
  const routes = all.map(([, { method, path }]) => `${method} ${path.replaceAll(/:[A-Za-z]+/g, ':')}`)
  expect(routes.toSorted()).toEqual([...new Set(routes)].toSorted())
})

for (const file of readdirSync(folder)) {
  test(`the table holds every operation of ${file} under its own name`, async () => {
    const exported: Record<string, unknown> = await import(new URL(file, folder).href)
    for (const [name, table] of Object.entries(exported)) {
      if (name.endsWith('Operations')) expect(operations).toMatchObject(Object(table))
    }
  })
}

test('every scope says what may be done to which noun', () => {
  for (const scope of managementScopes) expect(scope).toMatch(/^(create|read|update|delete):[a-z_]+$/)
})

test('what is created is answered with 201 and a body, what is deleted with 204 and none', () => {
  for (const [name, { method, status, response }] of all) {
    if (name.startsWith('create'))
      expect([method, status, response]).toEqual(['POST', createdStatus[name] ?? 201, expect.anything()])
    if (method === 'DELETE') expect([name, status, response]).toEqual([name, 204, undefined])
  }
})
