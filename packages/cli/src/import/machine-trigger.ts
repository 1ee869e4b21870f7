/** The one point of Auth0 at which code runs for a machine: Hooks and Actions of every other are for people. */
export const machineTrigger = 'credentials-exchange'
