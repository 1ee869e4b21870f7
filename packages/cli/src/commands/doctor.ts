/** `tallystick doctor`: each step on the way from here to a token, with what to do where it breaks. */
import { defaultWarningDays, maxWarningDays } from '@tallystick/management-api/contract/warnings'
import { type Command, InvalidArgumentError } from 'commander'
import type { OpenContext } from '../command-context.ts'
import { type Finding, findings } from '../doctor/findings.ts'
import { addExamples } from '../examples.ts'
import { exitCodes } from '../exit-code.ts'
import { Failure } from '../failure.ts'
import { neutralLine } from '../neutral-text.ts'
import type { Colors } from '../terminal.ts'
import { wholeNumber } from './option-values.ts'

export function addDoctorCommand(doctor: Command, open: OpenContext): void {
  addExamples(doctor, [
    ['tallystick doctor'],
    ['tallystick doctor --url https://tokens.example.com'],
    ['tallystick doctor --within 60', 'secrets, keys and certificates that end within 60 days fail, too'],
  ])
  doctor.option(
    '--within <days>',
    'fail for what ends in the tenant within so many days',
    days,
    defaultWarningDays,
  )
  doctor.addHelpText('after', `\nExit code ${exitCodes.failed} when anything failed.`)
  doctor.action(async ({ within }: { readonly within: number }) => {
    const context = open()
    const all: Finding[] = []
    for await (const finding of findings(context, { withinDays: within })) {
      all.push(finding)
      if (!context.json) context.terminal.print(findingLines(finding, context.terminal.colors))
    }
    if (context.json) context.terminal.printJson({ checks: all })
    const failed = all.filter((finding) => finding.state === 'failed')
    if (failed.length > 0) throw unwell(failed)
  })
}

function days(text: string): number {
  const number = wholeNumber(text)
  if (number >= 1 && number <= maxWarningDays) return number
  throw new InvalidArgumentError(`It needs a number of days from 1 to ${maxWarningDays}.`)
}

function findingLines({ state, check, found, todo }: Finding, colors: Colors): string[] {
  const mark = { ok: colors.green('ok     '), failed: colors.red('failed '), skipped: colors.dim('skipped') }[
    state
  ]
  const line = `${mark} ${check}: ${neutralLine(found)}`
  return todo === undefined ? [line] : [line, `        ${neutralLine(todo)}`]
}

function unwell(failed: readonly Finding[]): Failure {
  const [first] = failed
  return new Failure('failed', {
    what: failed.length === 1 ? 'One check failed.' : `${failed.length} checks failed.`,
    why: failed.map((finding) => finding.check).join(', '),
    todo: first?.todo ?? 'Begin with the first.',
  })
}
