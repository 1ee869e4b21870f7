/** What authentication found out: a client that is who it says it is. */
import type { Client, ClientSecret } from '../../domain/client.ts'
import type { ClientCredential } from '../../domain/client-credential.ts'
import type { SpentProof } from '../../domain/spent-proof.ts'

/** Whom another issuer vouched for. */
export interface Workload {
  readonly issuer: string
  /** Its `sub` there. */
  readonly subject: string
}

export interface ProvenClient {
  readonly client: Client
  /** Which of its secrets proved it. */
  readonly usedSecret?: ClientSecret
  /** Which of its credentials proved it. */
  readonly usedCredential?: ClientCredential
  /** What the proof used up: it has to be on disk before the answer leaves, or it could be used again. */
  readonly spentProof?: SpentProof
  /** Where a token of another issuer was the proof. */
  readonly workload?: Workload
  /** Why the proof is less than the FAPI 2.0 Security Profile asks for; absent when it is not. For the operator. */
  readonly weakness?: string
}
