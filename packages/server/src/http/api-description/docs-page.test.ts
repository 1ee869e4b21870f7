import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTwoTenants, type TwoTenants } from '../../../test/two-tenants.ts'
import { docsPage } from './docs-page.ts'
import { html } from './html.ts'
import { describeApi } from './openapi.ts'

let world: TwoTenants
beforeAll(async () => {
  world = await startTwoTenants()
})
afterAll(() => world.close())

test('the page asks nothing of any other server, runs no script, and stands in no frame', async () => {
  const response = await world.mine.fetch('/docs')
  const text = await response.text()
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
  expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  const policy = response.headers.get('content-security-policy')
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain("frame-ancestors 'none'")
  expect(policy).not.toContain('unsafe-inline')
  expect(text).not.toMatch(/<script|<img|<iframe|<style| style=| on[a-z]+=|javascript:/i)
  const addresses = [...text.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, address]) => address)
  for (const address of addresses) expect(address).toMatch(/^[#/](?!\/)/)
  const style = await world.mine.fetch('/docs/style.css')
  expect([style.status, style.headers.get('content-type')]).toEqual([200, 'text/css; charset=utf-8'])
  expect(await style.text()).not.toMatch(/url\(|@import/)
})

test('the page tells every operation with its scopes and members, and the base of its own tenant', async () => {
  const text = await (await world.theirs.fetch('/docs')).text()
  expect(text).toContain(`<code>${world.theirs.issuer.origin}/api/v2</code>`)
  expect(text).toContain('<code>POST /clients/{id}/rotate-secret</code>')
  expect(text).toContain('<code>update:client_keys</code>')
  expect(text).toContain('<code>client_metadata</code> <i>optional</i>')
})

test('every form that a text must have is told in words, to readers of the page and to who is refused', async () => {
  const document = await (await world.mine.fetch('/api/v2/openapi.json')).text()
  const untold: unknown[] = []
  JSON.parse(document, (_name, value) => {
    if (typeof value?.pattern === 'string' && value.description === undefined) untold.push(value)
    return value
  })
  expect(untold).toEqual([])
  const authorization = `Bearer ${await world.mine.token()}`
  const refused = await world.mine.fetch('/api/v2/stats/tokens?from=2026-11-01', {
    headers: { authorization },
  })
  expect(await refused.json()).toMatchObject({
    message: "Query validation error: 'It must be a day (UTC) such as 20261101' on property from.",
  })
})

test('whatever a description holds is text on the page', () => {
  const evil = `"><img src=x onerror='alert(1)'>&`
  const page = docsPage(describeApi(`http://localhost${evil}`, evil))
  expect(page).not.toContain('<img')
  expect(page).toContain('&quot;&gt;&lt;img src=x onerror=&#39;alert(1)&#39;&gt;&amp;')
  expect(html`${'<b>'}${html`<b>`}`.text).toBe('&lt;b&gt;<b>')
})

test('both descriptions are open to strangers, by GET alone', async () => {
  for (const path of ['/docs', '/docs/style.css', '/api/v2/openapi.json']) {
    expect((await world.mine.fetch(path)).status).toBe(200)
    expect((await world.mine.fetch(path, { method: 'POST' })).status).not.toBe(200)
  }
})
