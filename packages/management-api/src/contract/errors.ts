/** What every refusal looks like. */
import { type Static, Type } from 'typebox'

/** `errorCode` is for programs, `message` for people. Look the request up in the log by its `X-Request-Id`. */
export const errorBody = Type.Object({
  statusCode: Type.Integer(),
  error: Type.String(),
  message: Type.String(),
  errorCode: Type.Optional(Type.String()),
})
export type ErrorBody = Static<typeof errorBody>
