/**
 * Asking the person at the terminal. Nothing here is ever the only way: where nobody can be asked, or
 * `--no-input` was given, the command fails and names the flag that answers instead.
 */
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { Failure } from './failure.ts'
import { SecretText } from './secret-text.ts'
import { isKeyboard, type Terminal } from './terminal.ts'

export interface Asker {
  /** True when somebody can be asked. */
  readonly available: boolean
  /** Resolves when the answer is yes. @throws Failure otherwise, also when nobody can be asked. */
  confirm(question: string): Promise<void>
  /** An answer that stays on the screen. `instead` names what answers without a terminal. */
  line(question: string, instead: string): Promise<string>
  /** An answer that is not shown while it is typed. */
  secret(question: string, instead: string): Promise<SecretText>
}

export interface AskerDeps {
  readonly terminal: Terminal
  /** `--no-input` was given. */
  readonly noInput: boolean
  /** `--yes` was given. */
  readonly yes: boolean
  readonly interrupted: AbortSignal
}

export function createAsker({ terminal, noInput, yes, interrupted }: AskerDeps): Asker {
  const available = terminal.canAsk && !noInput

  const ask = async (question: string, instead: string, echo: boolean): Promise<string> => {
    if (!available) throw nobodyToAsk(question, instead)
    terminal.messages.write(`${question} `)
    const answer = await readAnswer(terminal, echo, interrupted)
    if (!echo) terminal.messages.write('\n')
    return answer
  }

  return {
    available,
    confirm: async (question) => {
      if (yes) return
      const answer = await ask(`${question} [y/N]`, '--yes', true)
      if (!/^y(es)?$/i.test(answer.trim())) {
        throw new Failure('failed', {
          what: 'Nothing was changed.',
          why: 'The answer was not yes.',
          todo: 'Run the command again and answer y, or give --yes.',
        })
      }
    },
    line: async (question, instead) => (await ask(question, instead, true)).trim(),
    secret: async (question, instead) => new SecretText(await ask(question, instead, false)),
  }
}

/** Lines are edited by readline; with `echo` off it writes into nothing. */
function readAnswer(terminal: Terminal, echo: boolean, interrupted: AbortSignal): Promise<string> {
  if (!isKeyboard(terminal.input)) throw new TypeError('There is no keyboard to read from.')
  const input = terminal.input
  const shown = new Writable({
    write: (chunk, _encoding, done) => {
      if (echo) terminal.messages.write(String(chunk))
      done()
    },
  })
  const reader = createInterface({ input, output: shown, terminal: true, historySize: 0 })
  return new Promise((resolve, reject) => {
    const stop = () => reader.close()
    interrupted.addEventListener('abort', stop, { once: true })
    let answer: string | undefined
    reader.once('line', (line) => {
      answer = line
      reader.close()
    })
    reader.once('SIGINT', stop)
    reader.once('close', () => {
      interrupted.removeEventListener('abort', stop)
      input.pause()
      if (answer !== undefined) resolve(answer)
      else reject(interruption())
    })
  })
}

/** Ctrl-C, or the end of the input, in place of an answer. */
export function interruption(): Failure {
  return new Failure('interrupted', {
    what: 'Interrupted.',
    why: 'Ctrl-C was pressed, or the input ended.',
    todo: 'Run the command again when you like.',
  })
}

function nobodyToAsk(question: string, instead: string): Failure {
  return new Failure('usage', {
    what: `Nobody can be asked: ${question.replace(/:$| \[y\/N\]$/, '')}`,
    why: 'There is no terminal, or --no-input was given.',
    todo: `Give ${instead}.`,
  })
}
