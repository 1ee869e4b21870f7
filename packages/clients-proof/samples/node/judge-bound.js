// Each line of standard input is a request in JSON; each line of standard output what becomes of it.
import { createInterface } from 'node:readline'
import { createCheckBoundToken } from './check-bound-token.js'
import { Refused } from './check-token.js'

const [issuer, audience, algorithm, scope] = process.argv.slice(2)
const checkBoundToken = createCheckBoundToken({ issuer, audience, algorithm })

for await (const line of createInterface({ input: process.stdin })) {
  try {
    console.log(`200 ${(await checkBoundToken(JSON.parse(line), scope)).client_id}`)
  } catch (error) {
    console.log(error instanceof Refused ? `${error.status} ${error.code}` : `503 ${error}`)
  }
}
