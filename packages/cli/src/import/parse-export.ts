/** The edge where an export's shape ends: whatever is missing or of another type is told by place and name. */
import { isJsonObject, textMember } from '../json-object.ts'
import type { Exported, ExportedApi, ExportedBinding, ExportedClient, ExportedGrant } from './exported.ts'
import { machineTrigger } from './machine-trigger.ts'
import { parseAction, parseHook } from './parse-rules.ts'
import type { RawExport, RawObject } from './raw-export.ts'
import { requireText } from './required-members.ts'
import { unreadableExport } from './unreadable-export.ts'

/** @throws Failure */
export function parseExport(raw: RawExport): Exported {
  const hooks = raw.hooks.map(parseHook)
  const actions = raw.actions.map(parseAction)
  const clients = raw.clients.map(parseClient)
  const apis = raw.resourceServers.map(parseApi)
  refuseDoubles(
    'two clients named',
    clients.map(({ name }) => name),
  )
  refuseDoubles(
    'two APIs with the identifier',
    apis.map(({ identifier }) => identifier),
  )
  refuseDoubles(
    'two Hooks named',
    hooks.map(({ name }) => name),
  )
  refuseDoubles(
    'two Actions named',
    actions.map(({ name }) => name),
  )
  const enabled = hooks.filter(({ enabled, triggerId }) => enabled && triggerId === machineTrigger)
  if (enabled.length > 1) {
    throw unreadableExport(
      enabled.map(({ place }) => place).join(' and '),
      `Only one Hook of ${machineTrigger} can be enabled.`,
    )
  }
  return {
    settings: raw.tenant?.members,
    apis,
    clients,
    grants: raw.clientGrants.map(parseGrant),
    hooks,
    actions,
    bindings: raw.triggers && parseBindings(raw.triggers),
    others: raw.others,
  }
}

/** Objects are known by their names, as the deploy tool knows them. */
function refuseDoubles(what: string, names: readonly string[]): void {
  const double = names.find((name, index) => names.indexOf(name) !== index)
  if (double !== undefined) throw unreadableExport(`${what} ${double}`, 'They cannot be told apart.')
}

function parseClient({ place, members }: RawObject): ExportedClient {
  return { name: requireText(members, 'name', place), oldId: textMember(members, 'client_id'), members }
}

function parseApi({ place, members }: RawObject): ExportedApi {
  return { identifier: requireText(members, 'identifier', place), members }
}

function parseGrant({ place, members }: RawObject): ExportedGrant {
  // A grant to all third-party clients names none; it is left out later, and said to be.
  const client = members.default_for === undefined ? requireText(members, 'client_id', place) : ''
  return { place, client, audience: requireText(members, 'audience', place), members }
}

function parseBindings({ place, members }: RawObject): readonly ExportedBinding[] {
  const bindings = members[machineTrigger] ?? []
  if (!Array.isArray(bindings)) throw unreadableExport(`${place}, ${machineTrigger}`, 'It is not a list.')
  return bindings.map((binding: unknown) => {
    if (!isJsonObject(binding)) throw unreadableExport(place, 'A binding is not an object.')
    const action = requireText(binding, 'action_name', place)
    return { action, displayName: textMember(binding, 'display_name') ?? action }
  })
}
