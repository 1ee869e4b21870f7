/** What a proof leaves behind, wherever a client proves itself: what it used up, and when its secret was used last. */
import type { ClientSecret } from '../../domain/client.ts'
import type { SpentProof, SpentProofStore } from '../../domain/spent-proof.ts'
import type { Write } from '../../domain/write.ts'
import type { NoteSecretUse } from './secret-uses.ts'

export interface WritesOfProofDeps {
  readonly spentProofs: Pick<SpentProofStore, 'insert'>
  readonly noteSecretUse: NoteSecretUse
}

export interface UsedByProof {
  readonly spentProofs: readonly SpentProof[]
  readonly usedSecret?: ClientSecret
}

/** To be on disk before the answer leaves. */
export function writesOfProof(
  deps: WritesOfProofDeps,
  { spentProofs, usedSecret }: UsedByProof,
  at: Date,
): Write[] {
  const use = usedSecret && deps.noteSecretUse(usedSecret, at)
  return [...spentProofs.map((proof) => deps.spentProofs.insert(proof)), ...(use ? [use] : [])]
}
