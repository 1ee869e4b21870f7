/**
 * The packages of npm that a webtask asks for. Its client says in the meta which they are, and asks beforehand whether
 * they are available; here they always are, because they are installed with the rule, which is when it is told if not.
 */
import { ManagementError } from '../../domain/errors.ts'
import { BuildError, type Dependency, maxDependencies, parseDependency } from '../../domain/rule-build.ts'
import type { Meta } from './webtask-meta.ts'

const dependenciesKey = 'wt-node-dependencies'

/** @throws ManagementError with a sentence that its reader can act on. */
export function parseNodeDependencies(meta: Meta): Dependency[] {
  const text = meta[dependenciesKey]
  if (text === undefined || text === '') return []
  return Object.entries(parseNames(text)).map(([name, version]) => parsed(name, version))
}

/** What the client waits to hear: the same modules, and that each is available. @throws ManagementError */
export function availableModules(rawBody: unknown): (Dependency & { state: 'available' })[] {
  const modules: unknown = Object.getOwnPropertyDescriptor(Object(rawBody), 'modules')?.value
  if (!Array.isArray(modules) || modules.length > maxDependencies) {
    throw new ManagementError('invalid_body', `The body must list up to ${maxDependencies} modules.`)
  }
  return modules.map((module) => {
    const { name, version } = Object(module)
    return { ...parsed(String(name), version), state: 'available' }
  })
}

function parseNames(text: string): object {
  const names = jsonOf(text)
  if (typeof names === 'object' && names !== null && !Array.isArray(names)) return names
  throw new ManagementError(
    'operation_not_supported',
    `The meta ${dependenciesKey} must be a JSON object of names and exact versions, such as {"lodash":"4.17.21"}.`,
  )
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** 403 is the one status that the client prints as a clean line when it creates. */
function parsed(name: string, version: unknown): Dependency {
  try {
    return parseDependency(name, typeof version === 'string' ? version : '')
  } catch (error) {
    if (!(error instanceof BuildError)) throw error
    throw new ManagementError('operation_not_supported', error.message, { cause: error })
  }
}
