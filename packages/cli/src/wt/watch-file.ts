/** `--watch`: the same upload again each time the file changes, until Ctrl-C. */
import { once } from 'node:events'
import { watch } from 'node:fs'
import { basename, dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { WtContext } from './wt-context.ts'
import { WtFailure } from './wt-failure.ts'

/** Editors write a file in several steps; the last one within this time counts. */
const settleMs = 100

export async function watchFile(
  { terminal, interrupted }: WtContext,
  spec: string | undefined,
  upload: () => Promise<void>,
): Promise<void> {
  if (spec === undefined || spec === '-' || /^https?:\/\//.test(spec)) {
    throw new WtFailure('usage', 'Only a file can be watched: name one.')
  }
  // The folder, not the file: editors replace a file, and a watch on the old one would see nothing more.
  const watcher = watch(dirname(spec), { signal: interrupted })
  let waiting = false
  const uploadSoon = async (): Promise<void> => {
    await sleep(settleMs)
    waiting = false
    await upload().catch((error: unknown) => {
      if (!(error instanceof WtFailure)) throw error
      terminal.say(terminal.messageColors.red(error.message))
    })
  }
  watcher.on('change', (_, filename) => {
    if (filename !== basename(spec) || waiting) return
    waiting = true
    void uploadSoon()
  })
  // Said only now: a change that comes right after the word is seen.
  terminal.say(`Watching ${spec}; Ctrl-C ends it.`)
  await once(watcher, 'close')
}
