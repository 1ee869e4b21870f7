import { once } from 'node:events'
import express from 'express'
import { auth, requiredScopes } from 'express-oauth2-jwt-bearer'
import { audience, domain, tell, variable } from './environment.ts'

const app = express()
app.use(auth({ issuerBaseURL: `https://${domain}/`, audience, strict: process.env.STRICT === 'true' }))
app.get('/read', requiredScopes('read'), (request, response) => {
  response.json(request.auth?.payload)
})
app.get('/delete', requiredScopes('delete'), (_request, response) => {
  response.json('deleted')
})
const listener = app.listen(0, '127.0.0.1')
await once(listener, 'listening')
const address = listener.address()
const origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`

async function call(path: string, token: string | undefined) {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const response = await fetch(`${origin}${path}`, { headers })
  const body = await response.text()
  return { status: response.status, ...(response.ok ? { payload: JSON.parse(body) } : {}) }
}

const token = variable('ACCESS_TOKEN')
const results = {
  read: await call('/read', token),
  outsideTheScope: await call('/delete', token),
  withoutToken: await call('/read', undefined),
  altered: await call('/read', `${token.slice(0, -8)}AAAAAAAA`),
}
listener.close()
listener.closeAllConnections()
tell(results)
