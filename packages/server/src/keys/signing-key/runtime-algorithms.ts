/**
 * What this runtime can sign with. All but ML-DSA-65 are in every Node that runs the server; that one came with Node
 * 24.6, and only where its OpenSSL is 3.5 or newer. It is experimental here: the standard is young (RFC 9964).
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
