/** What may prove a client and end: one of its secrets, or a credential of one of the types there are. */
import { credentialTypes } from './client-credentials.ts'
import { oneOf } from './schema.ts'

export const proofType = oneOf(['client_secret', ...credentialTypes])
