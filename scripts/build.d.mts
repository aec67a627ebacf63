/** Builds dist-cli/bitloom.mjs unless it is newer than its sources. */
export function buildCli(): Promise<void>
