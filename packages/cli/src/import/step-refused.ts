/** A step that cannot be done although nothing broke: the others go on, and it is told at the end. */
export class StepRefused extends Error {
  override readonly name = 'StepRefused'
}
