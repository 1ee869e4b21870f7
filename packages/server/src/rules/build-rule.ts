/**
 * Building a rule: its source and dependencies become what the sandbox runs, or its author is told why not. A source
 * that is not JavaScript as the sandbox runs it is tried as TypeScript or a module; its dependencies are installed now,
 * and never again.
 */
import { maxSourceBytes, type RuleModel, type RuleVersion } from '../domain/rule.ts'
import { BuildError, type Builder, type Dependency, maxDependencies } from '../domain/rule-build.ts'
import type { CompileResult, Sandbox } from '../sandbox/invocation.ts'
import { ruleProgram } from './rule-program.ts'
import { RuleRefusedError } from './rule-refused.ts'

export interface BuildRuleDeps {
  readonly sandbox: Pick<Sandbox, 'compile'>
  readonly builder: Builder
}

export interface RuleToBuild {
  readonly model: RuleModel
  readonly source: string
  readonly dependencies: readonly Dependency[]
}

/** What a version keeps of it. */
export type BuiltRule = Pick<RuleVersion, 'program' | 'packages' | 'modules'>

export interface BuildRule {
  /** Checks the source, and that all it requires is built in or a dependency. Installs nothing. */
  check(rule: RuleToBuild): Promise<Pick<RuleVersion, 'program'>>
  build(rule: RuleToBuild): Promise<BuiltRule>
}

/** @throws RuleRefusedError from both functions. */
export function createBuildRule({ sandbox, builder }: BuildRuleDeps): BuildRule {
  async function checked(rule: RuleToBuild) {
    refuseOversized(rule)
    const asWritten = await compile(rule, undefined)
    const { compiled, program } =
      asWritten.kind === 'syntax_error'
        ? await transpiled(rule, asWritten)
        : { compiled: asWritten, program: undefined }
    if (compiled.kind === 'compiled') return { program, requires: compiled.requires }
    throw compileRefusal(compiled, program === undefined)
  }

  function compile(rule: RuleToBuild, program: string | undefined): Promise<CompileResult> {
    const names = rule.dependencies.map(({ name }) => name)
    const modules = names.length === 0 ? undefined : { names, code: '' }
    return sandbox.compile(ruleProgram(rule.model, { source: rule.source, program, modules }))
  }

  async function transpiled(rule: RuleToBuild, asWritten: SyntaxFault) {
    try {
      const program = await builder.transpile(rule.source)
      return { compiled: await compile(rule, program), program }
    } catch (error) {
      if (!(error instanceof BuildError)) throw error
      // Whoever read on for longer understood more of the source.
      if (error.position && isBehind(error.position, asWritten)) throw asRefusal(error)
      return { compiled: asWritten, program: undefined }
    }
  }

  return {
    async check(rule) {
      const { program } = await checked(rule)
      return { program }
    },
    async build(rule) {
      const { program, requires } = await checked(rule)
      if (rule.dependencies.length === 0) return { program, packages: [], modules: undefined }
      try {
        const { packages, names, code } = await builder.install(rule.dependencies, requires)
        return { program, packages, modules: { names, code } }
      } catch (error) {
        throw error instanceof BuildError ? asRefusal(error) : error
      }
    },
  }
}

type SyntaxFault = Extract<CompileResult, { kind: 'syntax_error' }>
interface Position {
  readonly line: number
  readonly column: number
}

function isBehind(left: Position, right: Position): boolean {
  return left.line > right.line || (left.line === right.line && left.column > right.column)
}

function asRefusal({ fault, message, position }: BuildError): RuleRefusedError {
  return new RuleRefusedError(fault, message, position)
}

function refuseOversized({ source, dependencies }: RuleToBuild): void {
  const bytes = Buffer.byteLength(source)
  if (bytes > maxSourceBytes) {
    throw new RuleRefusedError(
      'too_large',
      `The rule has ${bytes} bytes; at most ${maxSourceBytes} are allowed.`,
    )
  }
  if (dependencies.length > maxDependencies) {
    throw new RuleRefusedError(
      'bad_dependency',
      `The rule has ${dependencies.length} dependencies; at most ${maxDependencies} are allowed.`,
    )
  }
}

/** Of what a compiler made, the lines are those of the source, and the columns are its own. */
export function compileRefusal(
  fault: Exclude<CompileResult, { kind: 'compiled' }>,
  isAsWritten: boolean,
): RuleRefusedError {
  const { line } = fault
  const column = isAsWritten ? fault.column : 1
  const place = isAsWritten ? `line ${line}, column ${column}` : `line ${line}`
  return fault.kind === 'syntax_error'
    ? new RuleRefusedError('syntax_error', `The rule does not compile: ${fault.message} (${place}).`, {
        line,
        column,
      })
    : new RuleRefusedError(
        'unknown_module',
        `The rule requires the module '${fault.module}', which is neither built in nor one of its dependencies (${place}).`,
        { line, column },
      )
}
