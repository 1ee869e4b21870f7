/** `structuredClone`. */
export { default as structuredClone } from 'core-js-pure/web/structured-clone'
