/** A change that names nothing: whoever types it forgot an option, and would think that the answer shows a change. */
import { Failure } from '../failure.ts'

/** @throws Failure (usage) when the body has no member. */
export function requireChange<Body extends object>(body: Body): Body {
  if (Object.keys(body).length > 0) return body
  throw new Failure('usage', {
    what: 'There is nothing to change.',
    why: 'No option says what.',
    todo: 'Add --help to see what there is to change.',
  })
}
