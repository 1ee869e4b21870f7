/** Questions whether a source compiles, and their answers from the slow lane's runner. */
import type { CompileResult, ProgramCode } from './invocation.ts'
import { splitLine, toRunner } from './protocol.ts'
import type { RunnerProcess } from './runner-process.ts'

const limitMs = 5000
const checkEveryMs = 50
/** A neighbour of the source may have brought the runner down once or twice. */
const maxAttempts = 3
/** UTF-16 units of a program's parts together. */
const maxCodeLength = 2_000_000

interface Question {
  readonly codeJson: string
  readonly resolve: (result: CompileResult) => void
  readonly deadline: number
  runner: RunnerProcess | undefined
  attempts: number
}

export class CompileDesk {
  readonly #pickRunner: () => RunnerProcess | undefined
  readonly #questions = new Map<number, Question>()
  #lastKey = 0
  #timer: NodeJS.Timeout | undefined

  constructor(pickRunner: () => RunnerProcess | undefined) {
    this.#pickRunner = pickRunner
  }

  compile(code: ProgramCode): Promise<CompileResult> {
    const codeJson = JSON.stringify(code)
    if (codeJson.length > maxCodeLength)
      return Promise.resolve(refusal('The source is too large to be compiled.'))
    return new Promise((resolve) => {
      const question = {
        codeJson,
        resolve,
        deadline: performance.now() + limitMs,
        runner: undefined,
        attempts: 0,
      }
      this.#questions.set(++this.#lastKey, question)
      this.#timer ??= setInterval(() => this.expire(performance.now()), checkEveryMs)
      this.#ask(this.#lastKey, question)
    })
  }

  answer(runner: RunnerProcess, line: string): void {
    const [key, json = ''] = splitLine(line, 2)
    if (this.#questions.get(Number(key))?.runner === runner)
      this.#settle(Number(key), parseCompileResult(json))
  }

  /** Asked again elsewhere; a source that is there whenever a runner goes is refused. True when there was one. */
  lost(runner: RunnerProcess): boolean {
    const lost = [...this.#questions].filter(([, question]) => question.runner === runner)
    for (const [key, question] of lost) {
      question.runner = undefined
      if (question.attempts >= maxAttempts)
        this.#settle(key, refusal('The source cannot be compiled: it brings the compiler down.'))
    }
    return lost.length > 0
  }

  expire(nowMs: number): void {
    for (const [key, question] of this.#questions) {
      if (nowMs > question.deadline) this.#settle(key, refusal('The source takes too long to compile.'))
      else if (question.runner === undefined) this.#ask(key, question)
    }
  }

  close(): void {
    for (const key of [...this.#questions.keys()]) this.#settle(key, refusal('The sandbox is closing.'))
  }

  #ask(key: number, question: Question): void {
    const runner = this.#pickRunner()
    if (runner === undefined) return
    question.runner = runner
    question.attempts++
    runner.send(`${toRunner.compile} ${key} ${question.codeJson}`)
  }

  #settle(key: number, result: CompileResult): void {
    this.#questions.get(key)?.resolve(result)
    this.#questions.delete(key)
    if (this.#questions.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}

function refusal(message: string): CompileResult {
  return { kind: 'syntax_error', message, line: 1, column: 1 }
}

function parseCompileResult(json: string): CompileResult {
  const { kind, message, module, line, column, requires } = JSON.parse(json)
  const place = { line: toPlace(line), column: toPlace(column) }
  if (kind === 'compiled' && Array.isArray(requires)) return { kind, requires: requires.map(String) }
  if (kind === 'unknown_module') return { kind, module: String(module).slice(0, 200), ...place }
  return { kind: 'syntax_error', message: String(message).slice(0, 500), ...place }
}

function toPlace(value: unknown): number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 ? value : 1
}
