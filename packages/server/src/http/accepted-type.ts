import type { FastifyRequest } from 'fastify'

/**
 * Whether a caller names this type (RFC 9110 §12.5.1). Wildcards do not count: most libraries accept anything, and
 * expect the usual type.
 */
export function acceptsByName(
  accept: FastifyRequest['headers'][string] | readonly string[],
  type: string,
): boolean {
  return String(accept ?? '')
    .split(',')
    .some((range) => {
      const [name, ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
      return name === type && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))
    })
}
