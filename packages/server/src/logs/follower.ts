/** One follower of the tail: a bounded queue that is filled without waiting and read as an async iterator. */

export interface Follower<Event> extends AsyncIterable<Event> {
  /** Takes the event, or ends the follower with its gap marker when the queue is full. */
  offer(event: Event): void
  /** Until then a paused follower takes nothing. */
  resume(): void
  close(): void
}

export function createFollower<Event>(deps: {
  maxQueued: number
  gap: Event
  paused: boolean
  onEnd: () => void
}): Follower<Event> {
  let queue: Event[] = []
  let paused = deps.paused
  let ended = false
  let wake: (() => void) | undefined

  function end(rest: Event[]): void {
    if (ended) return
    ended = true
    queue = rest
    deps.onEnd()
    wake?.()
  }

  async function* read(): AsyncGenerator<Event> {
    try {
      while (true) {
        const events = queue
        queue = []
        yield* events
        if (queue.length > 0) continue
        if (ended) return
        await new Promise<void>((resolve) => {
          wake = resolve
        })
        wake = undefined
      }
    } finally {
      end([])
    }
  }

  return {
    offer(event) {
      if (ended || paused) return
      // What waited is dropped as well: a reader this slow gets it from the log, and memory is free at once.
      if (queue.length >= deps.maxQueued) return end([deps.gap])
      queue.push(event)
      wake?.()
    },
    resume() {
      paused = false
    },
    close: () => end([]),
    [Symbol.asyncIterator]: read,
  }
}
