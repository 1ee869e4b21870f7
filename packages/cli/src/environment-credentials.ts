/** The client that the environment names, for machines where nobody can be asked. */
import { Failure } from './failure.ts'
import { readPrivateFile } from './private-file.ts'
import { SecretText } from './secret-text.ts'
import {
  type ClientCredentials,
  type ClientProof,
  platforms,
  type WorkloadTokenSource,
} from './sign-in/client-credentials.ts'
import { signingAlgorithms } from './sign-in/signing-key.ts'
import type { Environment } from './terminal.ts'

/** Undefined when it names none. @throws Failure (usage) when it names one by half, or in two ways. */
export async function readEnvCredentials(env: Environment): Promise<ClientCredentials | undefined> {
  const clientId = env.TALLYSTICK_CLIENT_ID
  const given = proofVariables.filter((name) => env[name])
  const [name, second] = given
  if (!clientId && name === undefined) return undefined
  if (second !== undefined) throw notWhole(`${name} and ${second} are both set, and one way is needed.`)
  if (!clientId || name === undefined) {
    throw notWhole('One client id and one way to prove it are needed.')
  }
  return { clientId, proof: await proofFrom(name, env[name] ?? '', env) }
}

/** Each names the client's proof by itself; an empty one counts as unset. */
const proofVariables = [
  'TALLYSTICK_CLIENT_SECRET_FILE',
  'TALLYSTICK_CLIENT_SECRET',
  'TALLYSTICK_CLIENT_KEY_FILE',
  'TALLYSTICK_WORKLOAD_TOKEN_FILE',
  'TALLYSTICK_WORKLOAD_TOKEN',
  'TALLYSTICK_WORKLOAD_TOKEN_FROM',
] as const

async function proofFrom(
  name: (typeof proofVariables)[number],
  value: string,
  env: Environment,
): Promise<ClientProof> {
  switch (name) {
    case 'TALLYSTICK_CLIENT_SECRET_FILE':
      return secretOf((await readPrivateFile(value)) ?? '', `There is no secret in ${value}.`)
    case 'TALLYSTICK_CLIENT_SECRET':
      return secretOf(value, `${name} is empty.`)
    case 'TALLYSTICK_CLIENT_KEY_FILE':
      return {
        kind: 'key_file',
        path: value,
        algorithm: oneOf('TALLYSTICK_CLIENT_KEY_ALG', signingAlgorithms, env),
      }
    case 'TALLYSTICK_WORKLOAD_TOKEN_FILE':
      return workloadToken({ kind: 'file', path: value })
    case 'TALLYSTICK_WORKLOAD_TOKEN':
      return workloadToken({ kind: 'variable', name })
    case 'TALLYSTICK_WORKLOAD_TOKEN_FROM': {
      const platform = oneOf(name, platforms, env)
      if (platform === undefined) throw notWhole(`${name} is empty.`)
      return workloadToken({ kind: 'platform', name: platform })
    }
  }
}

function secretOf(text: string, why: string): ClientProof {
  const secret = text.trim()
  if (secret === '') throw notWhole(why)
  return { kind: 'secret', secret: new SecretText(secret) }
}

function workloadToken(source: WorkloadTokenSource): ClientProof {
  return { kind: 'workload_token', source }
}

function oneOf<Known extends string>(
  name: string,
  known: readonly Known[],
  env: Environment,
): Known | undefined {
  const value = env[name]
  if (!value) return undefined
  const found = known.find((one) => one === value)
  if (found !== undefined) return found
  throw notWhole(`${name} is none of ${known.join(', ')}.`)
}

function notWhole(why: string): Failure {
  return new Failure('usage', {
    what: 'The credentials in the environment are not whole.',
    why,
    todo: `Set TALLYSTICK_CLIENT_ID and one of ${proofVariables.join(', ')}; see \`tallystick help profile\`.`,
  })
}
