/** One rule of the callback model, and the answer to one token request under it. */
import type { TestServer, TokenAnswer } from './test-server.ts'

export const claim = 'https://foo.com/claim'

export function exchangeUnderRule(
  server: TestServer,
  body: string,
  secrets: Record<string, string> = {},
): Promise<TokenAnswer> {
  const source = `module.exports = function (client, scope, audience, context, cb) {${body}\n}`
  return exchangeUnderModule(server, source, secrets)
}

export async function exchangeUnderModule(
  server: TestServer,
  source: string,
  secrets: Record<string, string> = {},
): Promise<TokenAnswer> {
  await server.uploadRule({ source, secrets })
  return server.requestToken()
}
