/** The server cannot speak TLS as its settings ask. One line for each fault, for its operator. */
export class TlsUnusableError extends Error {
  override readonly name = 'TlsUnusableError'

  constructor(faults: readonly string[], options?: ErrorOptions) {
    super(faults.join('\n'), options)
  }
}
