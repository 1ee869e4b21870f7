/**
 * The moment that a text of the contract names, as an ISO 8601 date or time. Undefined for one that the calendar does not
 * have: a day that its month lacks would otherwise be taken for one of the next month.
 */
export function calendarMoment(text: string): Date | undefined {
  const moment = new Date(text)
  const day = new Date(text.slice(0, 10))
  if (Number.isNaN(moment.getTime()) || Number.isNaN(day.getTime())) return undefined
  return day.toISOString().startsWith(text.slice(0, 10)) ? moment : undefined
}
