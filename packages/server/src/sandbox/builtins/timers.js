/** `timers`: the global ones by name. */
export const { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate } =
  globalThis
