/** Runs jobs in a load generator beside us. */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { LoadJob, LoadResult } from './load-job.ts'

const program = fileURLToPath(new URL('./load-generator.ts', import.meta.url))

export class LoadGenerator implements Disposable {
  readonly #process: ChildProcess = fork(program)

  /** @throws Error when the generator ends before it has a result. */
  run(job: LoadJob): Promise<LoadResult> {
    return new Promise((resolve, reject) => {
      const onExit = () => reject(new Error('The load generator ended.'))
      this.#process.once('exit', onExit)
      this.#process.once('message', (result: LoadResult) => {
        this.#process.off('exit', onExit)
        resolve(result)
      })
      this.#process.send(job)
    })
  }

  [Symbol.dispose](): void {
    this.#process.disconnect()
  }
}
