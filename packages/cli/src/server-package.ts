/** The server package, which is no dependency: its absence is an ordinary case, and what needs it says so. */
import { Failure } from './failure.ts'

/** What `@tallystick/server` exports, by names that no checker follows: nothing of it is needed to install this one. */
export const serverEntries: Readonly<Record<'serve' | 'ruleRunner', string>> = {
  serve: '@tallystick/server/serve',
  ruleRunner: '@tallystick/server/rule-runner',
}

/** @throws Failure unless the package is installed beside this one. */
export function requireServer(entry: string): void {
  try {
    import.meta.resolve(entry)
  } catch {
    throw new Failure('failed', {
      what: 'The server is not installed here.',
      why: 'The package @tallystick/server is not beside this command line, which works without it.',
      todo: 'Install it: npm install @tallystick/server',
    })
  }
}
