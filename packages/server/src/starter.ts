/** The starter: an API, a client and a rule that show the product at work on an empty database. */
import { parseAudience, parseScope, type ResourceServer } from './domain/resource-server.ts'
import { parseRuleName, type RuleName } from './domain/rule.ts'
import type { RuleUpload } from './rules/publish-rule.ts'

function made<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new TypeError('The starter is not made of valid parts.')
  return value
}

export const starterApi: Pick<ResourceServer, 'identifier' | 'name' | 'scopes'> = {
  identifier: made(parseAudience('https://api.example.com/')),
  name: 'Example API',
  scopes: [{ value: made(parseScope('test')), description: 'Shows what a scope is.' }],
}

export const starterClient = {
  name: 'Starter machine',
  description: 'Gets tokens for the example API.',
  metadata: { some_metadata: 'my metadata' },
} as const

const source = `module.exports = function (client, scope, audience, context, cb) {
  console.log(client.name, 'asks for a token for', audience);
  var access_token = {};
  access_token.scope = scope;
  access_token['https://example.com/hello'] = 'Hello, ' + client.name;
  cb(null, access_token);
};
`

export const starterRule: RuleUpload & { readonly name: RuleName } = {
  door: 'webtask',
  name: made(parseRuleName('myrule')),
  model: 'callback',
  trigger: 'credentials-exchange',
  source,
  secrets: {},
  dependencies: [],
  order: 0,
  enabled: true,
  clientFilter: undefined,
  webtask: {
    meta: {
      'wt-compiler': 'auth0-ext-compilers/client-credentials-exchange',
      'auth0-extension': 'runtime',
      'auth0-extension-name': 'credentials-exchange',
    },
    params: {},
    mergeBody: true,
    parseBody: undefined,
    host: undefined,
  },
}
