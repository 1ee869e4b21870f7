/**
 * A port for a server that must come back on the same one, or that nobody may listen on. It lies below those that the
 * system gives away (Linux: 32768 and up): whatever connects or listens meanwhile, here or elsewhere, is given another.
 */
import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

const [first, beyond] = [20_000, 32_000]

/** Nobody listens on it now. */
export async function findFreePort(): Promise<number> {
  for (;;) {
    const port = randomInt(first, beyond)
    if (await isFree(port)) return port
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    // On every address.
    probe.listen(port, () => probe.close(() => resolve(true)))
  })
}
