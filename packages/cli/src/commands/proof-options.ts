/** The options that say what a client authenticates with. */
import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { Failure } from '../failure.ts'
import { type ClientProof, type Platform, platforms } from '../sign-in/client-credentials.ts'
import { type SigningAlgorithm, signingAlgorithms } from '../sign-in/signing-key.ts'

export interface ProofOptions {
  readonly secretFile?: string
  readonly keyFile?: string
  readonly keyAlg?: SigningAlgorithm
  readonly workloadTokenFile?: string
  readonly workloadTokenEnv?: string
  readonly workloadTokenFrom?: Platform
}

export function addProofOptions(command: Command): Command {
  return command
    .option(
      '--secret-file <file>',
      "the client's secret; - reads standard input; without any of these you are asked",
    )
    .option('--key-file <file>', 'sign in with this private key, a PEM or JWK (private_key_jwt)')
    .addOption(
      new Option(
        '--key-alg <alg>',
        'the algorithm of an RSA key, if it is registered for another than RS256',
      ).choices(signingAlgorithms),
    )
    .option('--workload-token-file <file>', "sign in with the platform's token in this file (federated_jwt)")
    .option('--workload-token-env <name>', 'or in this environment variable')
    .addOption(
      new Option('--workload-token-from <platform>', 'or ask this platform for one').choices(platforms),
    )
}

/**
 * Undefined where none was given, or a secret, which is read elsewhere.
 * @throws Failure (usage) when more than one was given.
 */
export function keyOrWorkloadToken(options: ProofOptions): ClientProof | undefined {
  const { secretFile, keyFile, keyAlg, workloadTokenFile, workloadTokenEnv, workloadTokenFrom } = options
  const given = [secretFile, keyFile, workloadTokenFile, workloadTokenEnv, workloadTokenFrom]
  if (given.filter((value) => value !== undefined).length > 1) throw severalGiven()
  if (keyAlg !== undefined && keyFile === undefined) throw algorithmAlone()
  // Absolute, since it may be remembered.
  if (keyFile !== undefined) return { kind: 'key_file', path: resolve(keyFile), algorithm: keyAlg }
  if (workloadTokenFile !== undefined) {
    return { kind: 'workload_token', source: { kind: 'file', path: resolve(workloadTokenFile) } }
  }
  if (workloadTokenEnv !== undefined) {
    return { kind: 'workload_token', source: { kind: 'variable', name: workloadTokenEnv } }
  }
  if (workloadTokenFrom === undefined) return undefined
  return { kind: 'workload_token', source: { kind: 'platform', name: workloadTokenFrom } }
}

function severalGiven(): Failure {
  return new Failure('usage', {
    what: 'A client authenticates in one way.',
    why: 'More than one of a secret, a key and a workload token was given.',
    todo: 'Leave all but one of them out.',
  })
}

function algorithmAlone(): Failure {
  return new Failure('usage', {
    what: '--key-alg says nothing by itself.',
    why: 'It is the algorithm of the key in --key-file.',
    todo: 'Give --key-file FILE with it.',
  })
}
