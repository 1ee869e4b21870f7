/** What each operation of the contract is handed, and what it gives back. */
import type { OperationName, operations } from '@tallystick/management-api/contract'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Static, TSchema } from 'typebox'
import type { Operator } from '../access/access.ts'

type Operations = typeof operations

export type QueryOf<Name extends OperationName> = Operations[Name] extends {
  query: infer Schema extends TSchema
}
  ? Static<Schema>
  : Record<string, never>

export type BodyOf<Name extends OperationName> = Operations[Name] extends {
  body: infer Schema extends TSchema
}
  ? Static<Schema>
  : undefined

type AnswerOf<Name extends OperationName> = Operations[Name] extends { eventStream: true }
  ? NodeJS.ReadableStream
  : Operations[Name] extends { response: infer Schema extends TSchema }
    ? Static<Schema>
    : undefined

/** The names that stand in paths of the contract. */
export type PathParameter = ParameterOf<Operations[OperationName]['path']>

type ParameterOf<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | ParameterOf<`/${Rest}`>
  : Path extends `${string}:${infer Name}`
    ? Name
    : never

export interface Call<Name extends OperationName> {
  readonly request: FastifyRequest
  /** For headers; the handler's answer is what is sent. */
  readonly reply: FastifyReply
  readonly operator: Operator
  /** A parameter of the path, percent-decoded; empty when the path has none of that name. */
  readonly param: (name: PathParameter) => string
  readonly query: QueryOf<Name>
  readonly body: BodyOf<Name>
}

export type Handler<Name extends OperationName> = (call: Call<Name>) => Promise<AnswerOf<Name>>

export type Handlers = { readonly [Name in OperationName]: Handler<Name> }
