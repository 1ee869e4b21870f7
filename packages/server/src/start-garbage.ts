/**
 * Gives back the memory that only the start needed: for modules that were compiled, scripts that were bundled, keys that were
 * made. V8 would keep it until much more is asked of it, which a server with little to do never does.
 */
import { performance } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const lookEveryMs = 5000
/** Of the time between two looks. More than this is spent on somebody's requests. */
const restingShare = 0.02

/** Once, after the first seconds without requests: nobody is answered while memory is collected, some tenths of a second. */
export function collectStartGarbageAtRest(): void {
  let before = performance.eventLoopUtilization()
  const timer = setInterval(() => {
    const { utilization } = performance.eventLoopUtilization(before)
    before = performance.eventLoopUtilization()
    if (utilization > restingShare) return
    clearInterval(timer)
    collectGarbage()
  }, lookEveryMs)
  timer.unref()
}

/** All of it, also what V8 would keep for a while to be quicker when it is wanted again. */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  setFlagsFromString('--no-expose-gc')
  if (typeof collect === 'function') collect({ type: 'major', flavor: 'last-resort' })
}
