/** Taken before foreign code runs, so that nothing it changes is met on the way. */
export const { stringify, parse } = JSON
export const { apply } = Reflect
const uncurry = (method) => Function.prototype.call.bind(method)
export const charCodeAt = uncurry(String.prototype.charCodeAt)
export const slice = uncurry(String.prototype.slice)
export const indexOf = uncurry(String.prototype.indexOf)
export const { create } = Object
export const { floor, max, min } = Math
export const { isNaN: notANumber, parseInt: toInteger } = Number
export const { TypeError: PlainTypeError, RangeError: PlainRangeError, String: toText } = globalThis
