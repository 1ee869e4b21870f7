/**
 * For programs that tests start again and again: what the runtime compiled for one of them, the next one finds. It changes
 * nothing of what they do.
 */
import { fileURLToPath } from 'node:url'

export const compiledCache = {
  NODE_COMPILE_CACHE: fileURLToPath(
    new URL('../../../node_modules/.cache/compiled-in-tests', import.meta.url),
  ),
} as const
