/** What proving a client costs, beside its targets; the secret's is a share of what the whole token request takes. */
import type { ClientProofFigures } from './client-proofs.ts'
import { againstTarget, digits, printLine, printTable } from './print-table.ts'
import { median } from './statistics.ts'
import type { TokenEndpointFigures } from './token-endpoint.ts'

const secretShareInPercent = 2
const signedMicroseconds = 600

export function printClientProofs(
  { secret, assertion, dpopProof, firstDpopProof }: ClientProofFigures,
  { load }: Pick<TokenEndpointFigures, 'load'>,
): void {
  const rounds = load.get('ES256') ?? []
  const request = median(rounds.map((round) => round.serverCpu + round.runnerCpu))
  const share = (median(secret) / request) * 100
  const signed = (proof: readonly number[]) =>
    againstTarget(median(assertion) + median(proof), { atMost: signedMicroseconds })
  printLine('Proofs of a client: CPU microseconds of one, medians of rounds')
  printTable([
    ['', 'measured', 'target', ''],
    ['a secret, beside another live one', digits(median(secret))],
    [
      `the same, % of a token request of ${digits(request)}`,
      ...againstTarget(share, { atMost: secretShareInPercent }),
    ],
    ['an assertion with ES256', digits(median(assertion))],
    ['a DPoP proof with ES256', digits(median(dpopProof))],
    ['both together', ...signed(dpopProof)],
    ['a DPoP proof with a key that was never seen', digits(median(firstDpopProof))],
    ['both together', ...signed(firstDpopProof)],
  ])
}
