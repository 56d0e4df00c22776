// hostile-relay.mjs ADDRESS MANAGER_URL LIE: says on /status/peer that it is the best of relays, and then lies.
// With KATTILA_PSK it is a member of the fleet that builds bad paths; without, it merely sits in the network.
// Prints a line for each report that it was handed.
import { createHmac, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { gunzipSync } from 'node:zlib'

const [address, managerUrl, lie = ''] = process.argv.slice(2)
const psk = process.env.KATTILA_PSK ?? ''
const ownId = 'bad0'.repeat(8)
/** @type {string | undefined} */
let captured

/** @param {string} purpose @param {string} content */
const mac = (purpose, content) =>
  createHmac('sha256', psk).update(`kattila/1/${purpose}\n${content}`).digest('hex')

/** @param {{ status: number, body: string, headers?: Record<string, string> }} answer */
const answered = (answer) => answer

/** @param {string} body @param {Record<string, string>} [headers] */
async function post(body, headers = {}) {
  const answer = await fetch(`${managerUrl}/status/updates`, { method: 'POST', body, headers })
  return answered({ status: answer.status, body: await answer.text() })
}

/** @param {any} envelope @param {readonly string[]} path */
function postAlong(envelope, path) {
  const at = Date.now()
  const hop = `v=1; agent=${ownId}; at=${at}; mac=${mac('hop', `${ownId}\n${at}\n${path.join(',')}\n${envelope.hmac}`)}`
  return post(JSON.stringify({ ...envelope, relay_path: path }), { 'Kattila-Hop': hop })
}

const someId = () => randomBytes(16).toString('hex')

/** @type {Record<string, (envelope: any, body: string) => Promise<ReturnType<typeof answered> | undefined>>} */
const LIES = {
  'answers by itself': async ({ agent_id, data }) => {
    const { nonce } = JSON.parse(data)
    const proof = { agent_id, nonce, mac: randomBytes(32).toString('hex') }
    return answered({
      status: 200,
      body: JSON.stringify({ status: 'ok', server_time: Date.now(), ...proof }),
    })
  },
  'alters a byte': (envelope) =>
    post(JSON.stringify({ ...envelope, data: envelope.data.replace('"uptime_s":', '"uptime_s":1') })),
  'replays an old report for a new one': (_, body) => {
    captured ??= body
    return post(captured)
  },
  'sends a report three times': async (_, body) => {
    const first = await post(body)
    await post(body)
    await post(body)
    return first
  },
  'adds itself twice': (envelope) => postAlong(envelope, [...envelope.relay_path, ownId, ownId]),
  'grows the path': (envelope) => postAlong(envelope, [someId(), someId(), someId(), ownId]),
  redirects: async () =>
    answered({ status: 307, body: '', headers: { location: `${managerUrl}/status/updates` } }),
  'never answers': async () => undefined,
}

const server = createServer(async (request, response) => {
  if (request.url === '/status/peer') {
    const relay = { available: true, hops: 0 }
    response.end(JSON.stringify({ agent_id: ownId, version: '9.9.9', relay, server_time: Date.now() }))
    return
  }
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  const received = Buffer.concat(chunks)
  const body = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(received) : received).toString()
  const envelope = JSON.parse(body)
  const answer = await LIES[lie]?.(envelope, body)
  process.stdout.write(
    `${lie}: ${envelope.agent_id} got ${answer?.status ?? 'nothing'} ${answer?.body.slice(0, 90)}\n`,
  )
  if (answer) response.writeHead(answer.status, answer.headers).end(answer.body)
})
server.listen(5087, address, () => process.stdout.write(`listening, and it ${lie}\n`))
