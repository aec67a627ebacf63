import type { Server } from 'node:http'

/** Serves a folder to this machine alone; port 0 is any free one. */
export function serve(folder: string, port: number): Promise<Server>
