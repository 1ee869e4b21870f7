/**
 * The far side: a process of isolates. It reads lines, runs slices and writes lines; it parses nothing a
 * program made, holds no secret of its own and can reach nothing but its two pipes. `isolate.ts` beside it
 * is the one other file that knows the engine.
 */
import type ivm from 'isolated-vm'
import { Backlog } from './backlog.ts'
import type { RunnerPayload } from './bundle.ts'
import { compileSource } from './compile.ts'
import type { Engine } from './isolate.ts'
import { ProgramIsolates, type RunnerSettings } from './program-isolates.ts'
import { createLineReader, createLineWriter, parseCall, splitLine, toPool, toRunner } from './protocol.ts'

// The bootstrap of `runner-process.ts` hands these over as the arguments of the function around this file.
declare const payload: RunnerPayload & { readonly settings: RunnerSettings }
declare const require: (name: string) => unknown

/** Code, input and fetch answers of the largest allowed size, as JSON and base64. */
const maxLineLength = 32_000_000

function main(): void {
  const engine = loadEngine(payload.enginePath)
  const snapshot: ivm.ExternalCopy<ArrayBuffer> = engine.Isolate.createSnapshot(
    payload.snapshotScripts.map((code) => ({ code })),
  )
  const send = createLineWriter((text) => process.stdout.write(text))
  const backlog = new Backlog()
  const isolates = new ProgramIsolates(engine, snapshot, payload, backlog, send)
  const read = createLineReader(maxLineLength, (line) => {
    switch (line[0]) {
      case toRunner.lane:
        return isolates.serve(line.slice(2) === 'slow' ? 'slow' : 'fast')
      case toRunner.call:
        return isolates.call(parseCall(line))
      case toRunner.code: {
        const [program = '', codeJson = '-'] = splitLine(line, 2)
        return backlog.add(() => isolates.provideCode(program, codeJson))
      }
      case toRunner.answer: {
        const [invocationId, waitingId, answerJson = ''] = splitLine(line, 3)
        return isolates.answer(Number(invocationId), Number(waitingId), answerJson)
      }
      case toRunner.drop:
        return isolates.drop(Number(line.slice(2)))
      case toRunner.ping:
        isolates.trim()
        return send(toPool.pong)
      case toRunner.compile: {
        const [key, codeJson = ''] = splitLine(line, 2)
        void compileSource(engine, payload.parser, codeJson).then((json) =>
          send(`${toPool.compiled} ${key} ${json}`),
        )
      }
    }
  })
  // A terminal sends its signals to the whole group; the server decides when its runners end.
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => undefined)
  process.stdin.setEncoding('utf8')
  process.stdin.on('data', (chunk: string) => read(chunk))
  // Without the server there is nothing to wait for, least of all for isolates that still run on other threads.
  const die = () => process.kill(process.pid, 'SIGKILL')
  process.stdin.on('end', die)
  process.stdin.on('error', die)
  process.stdout.on('error', die)
  send(toPool.ready)
}

function loadEngine(path: string): Engine {
  return require(path) as Engine
}

main()
