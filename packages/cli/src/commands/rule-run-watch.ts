/** `--watch`: runs again each time one of the files changes, until Ctrl-C. */
import { type FSWatcher, watch } from 'node:fs'
import { basename, dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { interruption } from '../ask.ts'
import type { CommandContext } from '../command-context.ts'
import { Failure } from '../failure.ts'
import { neutralLine } from '../neutral-text.ts'

/** Editors write a file in several steps; the last one within this time counts. */
const settleMs = 100

/** @throws Failure `interrupted` at Ctrl-C; other failures are told, and do not end it. */
export async function runAtEachChange(
  { terminal, interrupted }: CommandContext,
  files: readonly string[],
  run: () => Promise<void>,
): Promise<never> {
  let isChanged = false
  let wake = () => {}
  const watchers = files.map((file) =>
    watchFile(file, () => {
      isChanged = true
      wake()
    }),
  )
  interrupted.addEventListener('abort', () => wake(), { once: true })
  try {
    while (!interrupted.aborted) {
      isChanged = false
      await tellFailure(terminal, run)
      // Printed only now, when a change right after it is noticed.
      terminal.say(`Watching ${files.join(', ')}; Ctrl-C ends it.`)
      const woken = Promise.withResolvers<void>()
      wake = woken.resolve
      if (!isChanged && !interrupted.aborted) await woken.promise
      await sleep(settleMs)
    }
    throw interruption()
  } finally {
    for (const watcher of watchers) watcher.close()
  }
}

// The folder, not the file: editors replace a file, and a watch on the old one would see nothing more.
function watchFile(file: string, onChange: () => void): FSWatcher {
  return watch(dirname(file), (_, name) => {
    if (name === basename(file)) onChange()
  })
}

async function tellFailure(terminal: CommandContext['terminal'], run: () => Promise<void>): Promise<void> {
  try {
    await run()
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    const { what, why } = error.text
    terminal.say(`${terminal.messageColors.red(neutralLine(what))} ${neutralLine(why)}`)
  }
}
