/**
 * What this runtime can sign with. Every Node that runs the server has all of them but ML-DSA-65, which came with
 * Node 24.6 and needs OpenSSL 3.5 or newer. It is experimental here: the standard is young (RFC 9964).
 */
import { generateKeyPairSync } from 'node:crypto'
import { type KeyAlgorithm, keyAlgorithms } from '../../domain/resource-server.ts'

export function runtimeAlgorithms(): readonly KeyAlgorithm[] {
  return hasMlDsa() ? keyAlgorithms : keyAlgorithms.filter((algorithm) => algorithm !== 'ML-DSA-65')
}

function hasMlDsa(): boolean {
  try {
    generateKeyPairSync('ml-dsa-65')
    return true
  } catch {
    return false
  }
}
