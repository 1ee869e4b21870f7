/**
 * Eight bytes that a runner writes before a slice of the fast lane and the pool reads after the runner's
 * death: which program's slice was it? A line on the pipe would come too late, for it is sent when the slice is
 * over. Written when it is another program's turn: most slices follow one of the same.
 */

import { randomUUID } from 'node:crypto'
import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The runner's end: a descriptor it was born with. */
export const markerDescriptor = 4
const markerBytes = 8

export function createMarkerWriter(): (programHash: number) => void {
  const marker = Buffer.alloc(markerBytes)
  let written: number | undefined
  return (programHash) => {
    if (written === programHash) return
    written = programHash
    marker.writeDoubleLE(programHash)
    writeSync(markerDescriptor, marker, 0, markerBytes, 0)
  }
}

/** The pool's end. The file has no name any more by the time a runner holds it. */
export class SliceMarker {
  readonly descriptor: number
  #isClosed = false

  constructor() {
    const path = join(tmpdir(), `tallystick-slice-${randomUUID()}`)
    this.descriptor = openSync(path, 'wx+', 0o600)
    unlinkSync(path)
  }

  /** The hash of the program whose slice ran last; undefined before the first. */
  read(): number | undefined {
    const marker = Buffer.alloc(markerBytes)
    if (this.#isClosed || readSync(this.descriptor, marker, 0, markerBytes, 0) < markerBytes) return undefined
    return marker.readDoubleLE()
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    closeSync(this.descriptor)
  }
}
