/** Follows a stream of server-sent events, one after the other, as they arrive. */

export type Followed = Awaited<ReturnType<typeof followEvents>>

/** @throws Error with the server's words when it refuses. */
export async function followEvents(url: string, headers: Record<string, string> = {}) {
  const leaving = new AbortController()
  const response = await fetch(url, {
    headers: { accept: 'text/event-stream', ...headers },
    signal: leaving.signal,
  })
  if (!response.ok || !response.body) throw new Error(await response.text())
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  let unread = ''

  /** Whatever comes next: an event, or a comment that says the line is alive. */
  async function nextBlock(): Promise<string> {
    while (true) {
      const end = unread.indexOf('\n\n')
      if (end >= 0) {
        const block = unread.slice(0, end)
        unread = unread.slice(end + 2)
        return block
      }
      const { done, value } = await reader.read()
      if (done) throw new Error('The stream has ended.')
      unread += value
    }
  }

  async function nextEvent(): Promise<Record<string, unknown>> {
    while (true) {
      const [, data] = /^data: (.*)$/m.exec(await nextBlock()) ?? []
      if (data !== undefined) return JSON.parse(data)
    }
  }

  return {
    nextBlock,
    nextEvent,
    async nextEvents(count: number): Promise<Record<string, unknown>[]> {
      const events = []
      while (events.length < count) events.push(await nextEvent())
      return events
    },
    leave: () => leaving.abort(),
  }
}
