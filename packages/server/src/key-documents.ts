/** Documents that hold the keys of others, put together: where they may be fetched from. */
import type { Config } from './config.ts'
import { destinationsBeside, mayEverReach } from './outbound/destinations.ts'
import { createFetchDocument, type FetchDocument } from './outbound/fetch-document.ts'
import type { Rooms } from './rooms.ts'

export interface KeyDocuments {
  readonly fetchDocument: FetchDocument
  /** Undefined when something may be fetched from there, as far as it can be seen in the URL. */
  readonly whyNotFetched: (url: URL) => string | undefined
}

const words =
  'Keys are not fetched from there: it takes https and a public address, or one that TALLYSTICK_KEYS_PRIVATE lists'

export function createKeyDocuments(
  { keysPrivate }: Pick<Config, 'keysPrivate'>,
  { listening }: Pick<Rooms, 'listening'>,
): KeyDocuments {
  const destinations = destinationsBeside(keysPrivate, listening)
  return {
    fetchDocument: createFetchDocument(destinations),
    whyNotFetched(url) {
      // A name is resolved when it is fetched; without TLS it can lead nowhere while nothing is listed.
      const isHopeless = url.protocol !== 'https:' && keysPrivate.length === 0
      return isHopeless || !mayEverReach(destinations, url) ? words : undefined
    },
  }
}
