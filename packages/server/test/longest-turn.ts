/** How long one turn of the event loop kept the processor at most: everybody else waits meanwhile. */

/**
 * Begins to look at every turn; the function it returns ends that, and tells the milliseconds of the longest. Counted is
 * the time of processors that this process had: what other processes take makes no turn longer.
 */
export function watchTurns(): () => number {
  let isOver = false
  let longestMs = 0
  let before = process.cpuUsage()
  const look = () => {
    const { user, system } = process.cpuUsage(before)
    longestMs = Math.max(longestMs, (user + system) / 1000)
    before = process.cpuUsage()
    if (!isOver) setImmediate(look)
  }
  setImmediate(look)
  return () => {
    isOver = true
    return longestMs
  }
}
