import { createSocket } from 'node:dgram'
import { createServer, type Socket } from 'node:net'

/** How the server treats a query: TXT records as chunks of bytes, a response code, or silence. */
export type Reply =
  | { readonly kind: 'records'; readonly records: readonly (readonly Buffer[])[]; readonly overTcp?: true }
  | { readonly kind: 'code'; readonly code: number }
  | { readonly kind: 'silence' }

export type DnsServer = {
  /** `address:port`, for UDP and TCP alike. */
  readonly address: string
  readonly queries: readonly { readonly name: string; readonly transport: 'udp' | 'tcp' }[]
  readonly close: () => Promise<void>
}

/** A name server on loopback that speaks as much of RFC 1035 as one TXT question needs; its reply may change. */
export async function openDnsServer(given: Reply | (() => Reply)): Promise<DnsServer> {
  const replyNow = () => (typeof given === 'function' ? given() : given)
  const queries: { name: string; transport: 'udp' | 'tcp' }[] = []
  const open = new Set<Socket>()
  const tcp = createServer((socket) => {
    open.add(socket)
    socket.on('error', () => open.delete(socket))
    // One small question arrives in one piece on loopback.
    socket.on('data', (framed) => {
      const query = framed.subarray(2)
      queries.push({ name: nameOf(query), transport: 'tcp' })
      const answer = encodeAnswer(query, replyNow(), false)
      if (answer) socket.write(Buffer.concat([uint16(answer.length), answer]))
    })
  })
  await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve))
  const bound = tcp.address()
  const port = typeof bound === 'object' && bound ? bound.port : 0
  const udp = createSocket('udp4')
  udp.on('message', (query, from) => {
    queries.push({ name: nameOf(query), transport: 'udp' })
    const reply = replyNow()
    const answer = encodeAnswer(query, reply, reply.kind === 'records' && reply.overTcp === true)
    if (answer) udp.send(answer, from.port, from.address)
  })
  await new Promise<void>((resolve) => udp.bind(port, '127.0.0.1', resolve))
  return {
    address: `127.0.0.1:${port}`,
    queries,
    close: async () => {
      for (const socket of open) socket.destroy()
      await new Promise<void>((resolve) => udp.close(resolve))
      await new Promise((resolve) => tcp.close(resolve))
    },
  }
}

const uint16 = (value: number) => Buffer.from([value >> 8, value & 0xff])

/** The labels of the question, which follows the header of 12 bytes. */
function nameOf(query: Buffer): string {
  const labels: string[] = []
  for (let at = 12; query.readUInt8(at) !== 0; at += 1 + query.readUInt8(at))
    labels.push(query.toString('latin1', at + 1, at + 1 + query.readUInt8(at)))
  return labels.join('.')
}

function encodeAnswer(query: Buffer, reply: Reply, isTruncated: boolean): Buffer | undefined {
  if (reply.kind === 'silence') return undefined
  let end = 12
  while (query.readUInt8(end) !== 0) end += 1 + query.readUInt8(end)
  const question = query.subarray(12, end + 5)
  const records = reply.kind === 'records' && !isTruncated ? reply.records : []
  const code = reply.kind === 'code' ? reply.code : 0
  // An answer with recursion desired and available; the bit 0x0200 says that it was cut.
  const flags = uint16(0x8180 | (isTruncated ? 0x0200 : 0) | code)
  const counts = [1, records.length, 0, 0].map(uint16)
  const answers = records.map((chunks) => {
    const rdata = Buffer.concat(chunks.flatMap((chunk) => [Buffer.from([chunk.length]), chunk]))
    // A pointer to the question's name, type TXT, class IN, 60 s.
    return Buffer.concat([Buffer.from('c00c001000010000003c', 'hex'), uint16(rdata.length), rdata])
  })
  return Buffer.concat([query.subarray(0, 2), flags, ...counts, question, ...answers])
}
