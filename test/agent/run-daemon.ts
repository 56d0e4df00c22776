import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { runAgent } from '../../src/agent/agent.js'
import { openAgentState } from '../../src/agent/state.js'
import { openHttpClient } from '../../src/core/node/http.js'
import { createRecordingLog } from '../core/recording-log.js'
import { hmac, NONCE, NOW, PSK, RELAY_A } from '../core/sealed-report.js'
import { pskStore } from '../manager/rig.js'
import { CONFIG } from './agent-rounds.js'
import { openFixtureHost } from './fixture-host.js'
import { createIdleClock } from './idle-clock.js'
import { createMemorySpool } from './memory-spool.js'
import { type Answering, createScriptedHttp, failed, proven } from './scripted-manager.js'

export type Asked = { readonly status: number; readonly body: Record<string, unknown> }
type Daemon = {
  readonly id: () => string
  /** Asks the daemon's real server, while its time stands still. */
  readonly ask: (
    method: 'GET' | 'POST',
    path: string,
    headers?: Record<string, string>,
    body?: string,
  ) => Promise<Asked>
  readonly spool: ReturnType<typeof createMemorySpool>
}

/** Runs a whole agent with a server on a real socket, for some reports; `during` is called with each of them. */
export async function runDaemon(
  folder: string,
  reports: number,
  during: (report: number, daemon: Daemon) => Promise<unknown>,
  answer?: Answering,
) {
  const clock = createIdleClock(NOW)
  const stop = new AbortController()
  const { log, lines } = createRecordingLog()
  const state = await openAgentState(join(folder, 'state'))
  const real = openHttpClient()
  onTestFinished(real.close)
  const spool = createMemorySpool()
  const daemon: Daemon = {
    spool,
    id: () => state.agentId,
    ask: (method, path, headers = {}, body?: string) =>
      clock.during(async () => {
        const url = lines.find(({ message }) => message === 'the agent listens')?.fields.url
        const sent = { method, url: `${url}${path}`, headers, timeoutMs: 5000, ...(body ? { body } : {}) }
        const got = await real.send(sent)
        if (got.kind === 'failed') throw new Error(got.message)
        return { status: got.status, body: JSON.parse(got.body) }
      }),
  }
  let count = 0
  const http = createScriptedHttp(
    async (received) => {
      await during(++count, daemon)
      if (count === reports) stop.abort()
      return answer ? answer(received) : proven(received, { psk: PSK, serverTime: Math.round(clock.now()) })
    },
    () => failed('refused'),
  )
  const { host } = openFixtureHost('mesh6-n1-healthy')
  const quiet = {
    ...{ directory: state.directory, reset: () => clock.during(state.reset) },
    get agentId() {
      return state.agentId
    },
    get identity() {
      return state.identity
    },
    get lastTick() {
      return state.lastTick
    },
    saveTick: (tick: number) => clock.during(() => state.saveTick(tick)),
  }
  const ports = { host, clock, http, psk: pskStore([PSK]), spool, log, random: () => 0.5 }
  await clock.run(runAgent(ports, quiet, { ...CONFIG, token: TOKEN }, stop.signal))
  return { received: http.received, lines, state, spool }
}

const TOKEN = 'the-token-of-this-very-agent'
export const bearer = { authorization: `Bearer ${TOKEN}` }

/** A member's authorisation as protocol section 5 says. */
export function member(path: string) {
  const mac = hmac(PSK, `kattila/1/get\n${path}\n${RELAY_A}\n${NOW}\n${NONCE}`)
  return { authorization: `Kattila agent=${RELAY_A},at=${NOW},nonce=${NONCE},mac=${mac}` }
}
