import { expect, test } from 'vitest'
import type { LogStream, LogStreamId } from '../../src/domain/log-stream.ts'
import { AlreadyExistsError, ChangedMeanwhileError, GoneError } from '../../src/domain/storage.ts'
import type { Current } from './current.ts'
import { acme, globex, idOf, secondsIn } from './samples.ts'

const id = idOf<LogStreamId>('lst_1')

function sampleStream(changes: Partial<LogStream> = {}): LogStream {
  return {
    tenantId: acme.id,
    id,
    name: 'siem',
    status: 'active',
    sink: {
      endpoint: 'https://logs.example.com/',
      contentType: 'application/json',
      contentFormat: 'JSONLINES',
      authorization: idOf('e1.abc.def'),
      customHeaders: [{ name: 'X-Tenant', value: idOf('e1.ghi.jkl') }],
    },
    categories: ['actions'],
    isPriority: true,
    startFrom: secondsIn(7),
    signingSecret: idOf('e1.mno.pqr'),
    createdAt: secondsIn(0),
    updatedAt: secondsIn(0),
    ...changes,
  }
}

export function registerLogStreamTests(current: Current): void {
  const insert = (stream: LogStream, place = 0) =>
    current().commit([current().logStreams.insert(stream, place)])

  test('a log stream needs its tenant and a name of its own', async () => {
    await insert(sampleStream())
    await expect(insert(sampleStream({ id: idOf('lst_2') }))).rejects.toThrow(AlreadyExistsError)
    await expect(insert(sampleStream({ tenantId: idOf('ten_3') }))).rejects.toThrow(GoneError)
    await insert(sampleStream({ tenantId: globex.id }))
  })

  test('a log stream comes back as it was stored, to its own tenant', async () => {
    const bare = sampleStream({
      id: idOf('lst_2'),
      name: 'bare',
      status: 'paused',
      sink: { ...sampleStream().sink, authorization: undefined, customHeaders: [] },
      categories: [],
      isPriority: undefined,
      startFrom: undefined,
      createdAt: secondsIn(1),
    })
    await insert(sampleStream())
    await insert(bare)
    const { logStreams } = current()
    expect(await logStreams.list(acme.id)).toEqual([sampleStream(), bare])
    expect(await logStreams.find(acme.id, bare.id)).toEqual(bare)
    expect(await logStreams.find(globex.id, bare.id)).toBeUndefined()
    expect(await logStreams.listActive()).toEqual([{ tenantId: acme.id, id }])
  })

  test('a log stream is changed only on top of what was read, and its progress apart from it', async () => {
    await insert(sampleStream(), 5)
    const { logStreams, commit, changes } = current()
    const progress = {
      place: 9,
      deliveredAt: secondsIn(2),
      failingSince: secondsIn(3),
      failure: 'It was refused.',
    }
    const before = changes.count(acme.id)
    await commit([logStreams.updateProgress(acme.id, id, progress)])
    expect(changes.count(acme.id)).toBe(before)
    const changed = sampleStream({ name: 'other', status: 'paused', updatedAt: secondsIn(4) })
    await commit([logStreams.update(changed, sampleStream())])
    expect(await logStreams.find(acme.id, id)).toEqual(changed)
    await expect(commit([logStreams.update(changed, sampleStream())])).rejects.toThrow(ChangedMeanwhileError)
    expect(await logStreams.findProgress(acme.id, id)).toEqual(progress)
    await commit([logStreams.forgetFailure(acme.id, id)])
    expect(await logStreams.findProgress(acme.id, id)).toEqual({
      ...progress,
      failingSince: undefined,
      failure: undefined,
    })
  })

  test('with a log stream goes its progress, and what comes too late leaves no trace', async () => {
    await insert(sampleStream())
    const { logStreams, commit } = current()
    await commit([logStreams.remove(acme.id, id)])
    const progress = { place: 9, deliveredAt: undefined, failingSince: undefined, failure: undefined }
    await commit([logStreams.updateProgress(acme.id, id, progress)])
    expect(await logStreams.findProgress(acme.id, id)).toBeUndefined()
  })
}
