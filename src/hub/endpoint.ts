/** Where the Hub is, and the server of its data sets' rows: the same address where a mirror or a test stands in for it. */
export interface Endpoint {
  readonly hub: string
  readonly rows: string
}

export const publicHub: Endpoint = {
  hub: 'https://huggingface.co',
  rows: 'https://datasets-server.huggingface.co',
}

/** Another server that speaks the Hub's language, as `HF_ENDPOINT` names one. */
export function endpointAt(address: string | undefined): Endpoint {
  const hub = address?.replace(/\/+$/, '')
  return !hub || hub === publicHub.hub ? publicHub : { hub, rows: hub }
}

/** Whether an address is this machine's own: the only stand-in that a link to the page may name. */
export function isLoopback(address: string): boolean {
  if (!URL.canParse(address)) return false
  const { protocol, hostname } = new URL(address)
  return /^https?:$/.test(protocol) && /^(127\.0\.0\.1|localhost|\[::1\])$/.test(hostname)
}
