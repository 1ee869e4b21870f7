import type { Sandbox } from '../../src/sandbox/invocation.ts'

/** A real sandbox whose processes start when something is first to be compiled or run: most tests never get there. */
export function startedWhenNeeded(start: () => Promise<Sandbox>): Sandbox {
  let starting: Promise<Sandbox> | undefined
  let started: Sandbox | undefined

  async function needed(): Promise<Sandbox> {
    starting ??= start()
    started = await starting
    return started
  }

  return {
    invoke: async (invocation) => (await needed()).invoke(invocation),
    compile: async (code) => (await needed()).compile(code),
    ready: () => started?.ready() ?? true,
    runnerPids: () => started?.runnerPids() ?? [],
    close: async () => (await starting)?.close(),
  }
}
