// An MCP server with one tool, for clients that a token issuer knows: node mcp-server.js ISSUER PORT
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import express from 'express'
import { createCheckToken, Refused } from './check-token.js'

const [issuer, port] = process.argv.slice(2)
const origin = `http://localhost:${port}`
const resource = `${origin}/mcp`
const metadataPath = '/.well-known/oauth-protected-resource/mcp'
const scope = 'invoices:read'
const checkToken = createCheckToken({ issuer, audience: resource, algorithm: 'ES256' })

const app = express()
app.get(metadataPath, (_request, response) => {
  response.json({
    resource,
    authorization_servers: [issuer],
    scopes_supported: [scope],
    bearer_methods_supported: ['header'],
  })
})

app.post('/mcp', async (request, response, next) => {
  try {
    request.claims = await checkToken(request.headers.authorization, scope)
    next()
  } catch (error) {
    if (!(error instanceof Refused)) return response.status(503).end()
    const place = `resource_metadata="${origin}${metadataPath}"`
    const fault = request.headers.authorization === undefined ? '' : `error="${error.code}", `
    response.status(error.status).set('www-authenticate', `Bearer ${fault}scope="${scope}", ${place}`).end()
  }
})

app.post('/mcp', express.json(), async (request, response) => {
  const server = new McpServer({ name: 'invoices', version: '1.0.0' })
  server.registerTool('count-invoices', { description: 'How many invoices there are' }, () => ({
    content: [{ type: 'text', text: `42, as far as ${request.claims.client_id} is concerned` }],
  }))
  // Without sessions: each request brings its token, and is answered by itself.
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined })
  response.on('close', () => server.close())
  await server.connect(transport)
  await transport.handleRequest(request, response, request.body)
})

app.all('/mcp', (_request, response) => response.status(405).set('allow', 'POST').end())
app.listen(Number(port), 'localhost', () => console.log(resource))
