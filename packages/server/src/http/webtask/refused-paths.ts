/** What the client of 2016 could ask for and is not offered here. Each answer says what to do instead. */
import type { ManagementErrorCode } from '../../domain/errors.ts'

export interface RefusedPath {
  readonly methods: readonly ('GET' | 'POST' | 'PUT' | 'DELETE')[]
  /** Below `/api`. */
  readonly path: string
  readonly code: ManagementErrorCode
  readonly message: string
}

const all = ['GET', 'POST', 'PUT', 'DELETE'] as const
const noCron =
  'Scheduled webtasks are not offered: a webtask here is a rule that runs at each token request. Use the scheduler of your own system.'
const noRun =
  'A webtask here is a rule: it has no URL of its own and runs at each token request. Ask for a token with POST /oauth/token instead.'
const noModules =
  'Which modules there are is not told here. Name those that a rule needs with exact versions when you upload it: --meta wt-node-dependencies={"lodash":"4.17.21"}. They are installed with it.'

export const refusedPaths: readonly RefusedPath[] = [
  {
    methods: ['GET'],
    path: '/description',
    code: 'not_found',
    message:
      'Signing in by browser is not offered. Run wt init with --url, --container and --token; the token was printed at the first start and is in bootstrap.json.',
  },
  { methods: all, path: '/run/*', code: 'not_found', message: noRun },
  { methods: all, path: '/cron/*', code: 'operation_not_supported', message: noCron },
  { methods: all, path: '/env/*', code: 'operation_not_supported', message: noModules },
  {
    methods: ['PUT'],
    path: '/webtask/:container/:name',
    code: 'operation_not_supported',
    message:
      'This profile was made by signing in by browser, which is not offered. Run wt init with --url, --container and --token.',
  },
  {
    methods: ['GET', 'PUT'],
    path: '/webtask/:container/:name/data',
    code: 'operation_not_supported',
    message:
      'Webtask storage is not offered. A rule that needs state has to fetch it from a service of yours.',
  },
  {
    methods: ['DELETE'],
    path: '/cache/*',
    code: 'not_found',
    message: 'There is no cache to clear: a change of a rule holds from the next token request on.',
  },
]
