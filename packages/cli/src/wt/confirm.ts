/** A yes before something is overwritten. It is never waited for where nobody is. */
import type { WtContext } from './wt-context.ts'
import { WtFailure } from './wt-failure.ts'

/** Long enough for `yes | wt init …`, short enough for a script that left its input open. */
const pipedAnswerMs = 2_000

/** Resolves for `--yes`, or the answer y. @throws WtFailure otherwise. */
export async function confirm(context: WtContext, question: string, yes: boolean | undefined): Promise<void> {
  if (yes) return
  const { messages, canAsk } = context.terminal
  messages.write(`${question} [y/N] `)
  const answer = await readAnswer(context)
  if (!canAsk) messages.write('\n')
  if (/^y(es)?$/i.test(answer.trim())) return
  throw new WtFailure('cancelled', 'Cancelled: nothing was changed. Answer y, or give --yes.')
}

/** The first line, or nothing when none comes. */
async function readAnswer({ terminal, interrupted }: WtContext): Promise<string> {
  const chunks = terminal.input[Symbol.asyncIterator]()
  const signals = terminal.input.isTTY ? [interrupted] : [interrupted, AbortSignal.timeout(pipedAnswerMs)]
  const noAnswer = new Promise<undefined>((resolve) => {
    AbortSignal.any(signals).addEventListener('abort', () => resolve(undefined), { once: true })
  })
  let text = ''
  while (!text.includes('\n')) {
    const next = await Promise.race([chunks.next(), noAnswer])
    if (next === undefined || next.done) break
    text += next.value.toString()
  }
  return text.split('\n', 1)[0] ?? ''
}
