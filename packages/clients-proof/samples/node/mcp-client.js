// Calls the tool with a token that it gets with its own key: node mcp-client.js RESOURCE ISSUER CLIENT_ID KEY_FILE
import { readFile } from 'node:fs/promises'
import { PrivateKeyJwtProvider } from '@modelcontextprotocol/sdk/client/auth-extensions.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'

const [resource, issuer, clientId, keyFile] = process.argv.slice(2)

class MachineProvider extends PrivateKeyJwtProvider {
  // By itself the SDK asks for metadata with an authorization_endpoint, which a server without users does not have. And
  // whatever issuer the MCP server names, the assertion goes to the one we know.
  async discoveryState() {
    const answer = await fetch(new URL('.well-known/oauth-authorization-server', issuer))
    return { authorizationServerUrl: issuer, authorizationServerMetadata: await answer.json() }
  }
}

const authProvider = new MachineProvider({
  clientId,
  privateKey: await readFile(keyFile, 'utf8'),
  algorithm: 'ES256',
  expectedIssuer: issuer,
  // No more than it needs, whatever else its client grant has.
  scope: 'invoices:read',
})
const client = new Client(
  { name: 'nightly-report', version: '1.0.0' },
  { capabilities: { extensions: { 'io.modelcontextprotocol/oauth-client-credentials': {} } } },
)
await client.connect(new StreamableHTTPClientTransport(new URL(resource), { authProvider }))
const { content } = await client.callTool({ name: 'count-invoices', arguments: {} })
console.log(content[0].text)
await client.close()
