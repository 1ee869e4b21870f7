// Each line of standard input is an Authorization header; each line of standard output what becomes of it.
import { createInterface } from 'node:readline'
import { createCheckToken, Refused } from './check-token.js'

const [issuer, audience, algorithm, scope] = process.argv.slice(2)
const checkToken = createCheckToken({ issuer, audience, algorithm })

for await (const line of createInterface({ input: process.stdin })) {
  try {
    console.log(`200 ${(await checkToken(line, scope)).client_id}`)
  } catch (error) {
    console.log(error instanceof Refused ? `${error.status} ${error.code}` : '503')
  }
}
