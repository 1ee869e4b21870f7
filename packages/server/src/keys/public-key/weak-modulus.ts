/**
 * RSA moduli that can be factored however long they are. Whoever factors the modulus of a key that is registered proves
 * to be its owner; so such a key is refused when it is registered or fetched, as authorities of the web refuse it
 * (CA/Browser Forum, Baseline Requirements §6.1.1.3).
 */

/** What is wrong with the modulus, behind "The modulus of the RSA key"; undefined when nothing is known. */
export function weaknessOfModulus(modulus: Uint8Array): string | undefined {
  const n = BigInt(`0x0${Buffer.from(modulus).toString('hex')}`)
  if (n % 2n === 0n) return 'is even.'
  if (hasSmallFactor(n)) return 'has a small factor: it is damaged, or was made up.'
  if (isOfFlawedLibrary(n)) {
    return 'is of a kind that can be factored (CVE-2017-15361): replace the device or library that made it.'
  }
  return hasClosePrimes(n) ? 'can be factored: its primes lie too close together.' : undefined
}

/** NIST SP 800-89 §5.3.3 asks for those below 752. */
const smallPrimes = Array.from({ length: 750 }, (_, at) => at + 2).filter(isPrime)
const productOfSmallPrimes = smallPrimes.reduce((product, prime) => product * BigInt(prime), 1n)

function isPrime(candidate: number): boolean {
  for (let divisor = 2; divisor * divisor <= candidate; divisor += 1) {
    if (candidate % divisor === 0) return false
  }
  return true
}

function hasSmallFactor(n: bigint): boolean {
  const rest = n % productOfSmallPrimes
  return smallPrimes.some((prime) => rest % BigInt(prime) === 0n)
}

/**
 * Of the primes by which the library made its own those for
 * which 65537 has few powers: no other modulus has all of them.
 */
const telling = [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157].map((prime) => ({
  prime: BigInt(prime),
  powers: powersOf65537(prime),
}))

function powersOf65537(prime: number): ReadonlySet<bigint> {
  const powers = new Set<bigint>()
  for (let power = 1; !powers.has(BigInt(power)); power = (power * 65_537) % prime) powers.add(BigInt(power))
  return powers
}

/**
 * Nemec et al., "The Return of Coppersmith's Attack" (2017).
 * One sound modulus in a hundred million looks like this, too.
 */
function isOfFlawedLibrary(n: bigint): boolean {
  return telling.every(({ prime, powers }) => powers.has(n % prime))
}

const fermatRounds = 100

/** Fermat's way: n is the difference of two squares, and the larger of them hardly more than n. */
function hasClosePrimes(n: bigint): boolean {
  let root = rootOf(n)
  let difference = root * root - n
  for (let round = 0; round < fermatRounds; round += 1) {
    if (difference >= 0n && isSquare(difference)) return true
    difference += 2n * root + 1n
    root += 1n
  }
  return false
}

const squaresBelow = 45_045
const restsOfSquares = new Set(Array.from({ length: squaresBelow }, (_, at) => (at * at) % squaresBelow))

function isSquare(value: bigint): boolean {
  // Of a hundred numbers that are none, one comes as far as to the root.
  if (!restsOfSquares.has(Number(value % BigInt(squaresBelow)))) return false
  const root = rootOf(value)
  return root * root === value
}

/** Rounded down, as Newton found it. */
function rootOf(value: bigint): bigint {
  if (value < 2n) return value
  let root = 1n << BigInt(2 * value.toString(16).length)
  for (;;) {
    const next = (root + value / root) >> 1n
    if (next >= root) return root
    root = next
  }
}
