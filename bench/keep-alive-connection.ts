/**
 * The least of HTTP that a load generator needs: one connection, one request at a time, answers with a
 * `Content-Length`. It shares the machine with the server it measures, so it does nothing else.
 */
import { createConnection, type Socket } from 'node:net'

export interface HttpAnswer {
  readonly status: number
  readonly body: string
}

type Settle = { readonly resolve: (answer: HttpAnswer) => void; readonly reject: (error: Error) => void }

export class KeepAliveConnection {
  readonly #socket: Socket
  #received = ''
  #waiting: Settle | undefined

  constructor(host: string, port: number) {
    // Latin-1: one character is one byte, so lengths can be compared.
    this.#socket = createConnection({ host, port, noDelay: true }).setEncoding('latin1')
    this.#socket.on('data', (text: string) => this.#receive(text))
    this.#socket.on('error', (error) => this.#fail(error))
    this.#socket.on('close', () => this.#fail(new Error('The server closed the connection.')))
  }

  /** @throws Error when there is no whole answer; the connection is of no use then. */
  send(rawRequest: string): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
      this.#socket.write(rawRequest, 'latin1')
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #receive(text: string): void {
    this.#received += text
    const headLength = this.#received.indexOf('\r\n\r\n') + 4
    if (headLength < 4) return
    const bodyLength = Number(/\r\ncontent-length: (\d+)\r\n/i.exec(this.#received)?.[1])
    if (Number.isNaN(bodyLength)) {
      this.#fail(new Error('An answer without Content-Length.'))
      this.close()
    } else if (this.#received.length >= headLength + bodyLength) {
      const answer = { status: Number(this.#received.slice(9, 12)), body: this.#received.slice(headLength) }
      this.#received = ''
      this.#waiting?.resolve(answer)
      this.#waiting = undefined
    }
  }

  #fail(error: Error): void {
    this.#waiting?.reject(error)
    this.#waiting = undefined
  }
}
