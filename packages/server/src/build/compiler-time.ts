/**
 * The time that a compilation may take. esbuild compiles all that it is given in one process, out of which no single
 * compilation can be taken: a source that keeps it busy for hours ends that process, and the others begin anew in the next.
 */
import { stop } from 'esbuild'
import { BuildError } from '../domain/rule-build.ts'

/** As esbuild's process is: one for all. Each entry tells a compilation that its process has ended. */
const underWay = new Set<() => void>()

/** @throws BuildError `too_large` when the time is over. */
export async function withinCompilerTime<Value>(
  limitMs: number,
  compile: () => Promise<Value>,
): Promise<Value> {
  const timeIsOver = Promise.withResolvers<'over'>()
  const timer = setTimeout(() => timeIsOver.resolve('over'), limitMs)
  try {
    while (true) {
      const ended = await attempt(compile, timeIsOver.promise)
      if (ended.kind === 'compiled') return ended.value
      if (ended.kind === 'over') {
        await endProcess()
        throw new BuildError('too_large', `Compiling it takes longer than ${limitMs / 1000} seconds.`)
      }
    }
  } finally {
    clearTimeout(timer)
  }
}

type Ended<Value> = { readonly kind: 'compiled'; readonly value: Value } | { readonly kind: 'lost' | 'over' }

async function attempt<Value>(
  compile: () => Promise<Value>,
  timeIsOver: Promise<'over'>,
): Promise<Ended<Value>> {
  const lost = Promise.withResolvers<'lost'>()
  const tellLost = () => lost.resolve('lost')
  underWay.add(tellLost)
  try {
    const compiled = compile().then((value) => ({ kind: 'compiled', value }) as const)
    return await Promise.race([
      compiled,
      Promise.race([lost.promise, timeIsOver]).then((kind) => ({ kind }) as const),
    ])
  } finally {
    underWay.delete(tellLost)
  }
}

// What esbuild has promised is never settled once its process was ended.
async function endProcess(): Promise<void> {
  const others = [...underWay]
  await stop()
  for (const tellLost of others) tellLost()
}
