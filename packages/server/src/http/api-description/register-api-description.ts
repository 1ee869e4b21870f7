/** `/api/v2/openapi.json` and `/docs`: open to everybody, since they say what this release does and nothing of a tenant. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { docsPage } from './docs-page.ts'
import { docsStyle } from './docs-style.ts'
import { describeApi } from './openapi.ts'

/** Nothing is loaded but the style sheet beside it, no script runs, and no page puts this one into a frame. */
const docsPolicy =
  "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** Tenants whose written descriptions are kept. */
const maxKept = 100

export function registerApiDescription(app: FastifyInstance, version: string): void {
  const json = rememberByOrigin((origin) => JSON.stringify(describeApi(origin, version)))
  const page = rememberByOrigin((origin) => docsPage(describeApi(origin, version)))

  app.get('/api/v2/openapi.json', async (request, reply) =>
    reply.type('application/json; charset=utf-8').send(json(request)),
  )
  app.get('/docs', async (request, reply) =>
    reply
      .header('content-security-policy', docsPolicy)
      .header('referrer-policy', 'no-referrer')
      .type('text/html; charset=utf-8')
      .send(page(request)),
  )
  app.get('/docs/style.css', async (_request, reply) => reply.type('text/css; charset=utf-8').send(docsStyle))
}

/** Written once for each tenant, however often strangers ask. */
function rememberByOrigin(write: (origin: string) => string): (request: FastifyRequest) => string {
  const written = new Map<string, string>()
  return ({ issuer: { origin } }) => {
    const known = written.get(origin)
    if (known !== undefined) return known
    if (written.size >= maxKept) written.clear()
    const text = write(origin)
    written.set(origin, text)
    return text
  }
}
