import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server's pages with a policy that lets them ask any port of this machine too; nothing else is changed. */
export async function looseProxy(origin: string): Promise<{ readonly url: string; close(): Promise<void> }> {
  const loosen = (text: string) => text.replace("connect-src 'self'", "connect-src 'self' http://127.0.0.1:*")
  const server = createServer(async (request, response) => {
    const answer = await fetch(new URL(request.url!, origin))
    const headers = Object.fromEntries([...answer.headers].map(([name, value]) => [name, loosen(value)]))
    delete headers['content-length']
    const page = headers['content-type']?.startsWith('text/html')
    const body = Buffer.from(await answer.arrayBuffer())
    response.writeHead(answer.status, headers).end(page ? loosen(body.toString()) : body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
