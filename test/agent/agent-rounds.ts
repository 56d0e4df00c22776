import { join } from 'node:path'
import { runAgent } from '../../src/agent/agent.js'
import type { AgentState } from '../../src/agent/state.js'
import type { Clock } from '../../src/core/clock.js'
import type { HttpOutcome } from '../../src/core/node/http.js'
import type { PskSource } from '../../src/core/node/psk/source.js'
import { openPskStore } from '../../src/core/node/psk/store.js'
import { createRecordingLog } from '../core/recording-log.js'
import { AGENT_ID, KEY, NOW, PSK } from '../core/sealed-report.js'
import { openFixtureHost } from './fixture-host.js'
import { createIdleClock } from './idle-clock.js'
import { createMemorySpool } from './memory-spool.js'
import { type Answering, createScriptedHttp, failed, proven } from './scripted-manager.js'

export const CONFIG = {
  managerUrls: ['http://a'],
  fleetId: 'default',
  agentVersion: '0.1.0',
  intervalS: 30,
  labels: { site: 'hel' },
  listenHost: '127.0.0.1',
  listenPort: 0,
  token: 'the-token-of-this-very-agent',
}

type Scenario = {
  /** An empty folder for what is kept on disk. */
  readonly folder: string
  readonly rounds: number
  readonly answer?: Answering
  readonly state?: AgentState
  readonly source?: Partial<PskSource>
  readonly random?: () => number
  /** How long each request takes, ms. */
  readonly tookMs?: number
  readonly urls?: readonly string[]
}

/** A state that keeps its tick nowhere; `saveTick` is told each. */
export function memoryState(saveTick: AgentState['saveTick'] = async () => undefined): AgentState {
  let lastTick = 0
  return {
    ...{ directory: '/state', agentId: AGENT_ID, identity: KEY, reset: async () => undefined },
    get lastTick() {
      return lastTick
    },
    saveTick: (tick) => {
      lastTick = tick
      return saveTick(tick)
    },
  }
}

/**
 * Runs an agent for some rounds in virtual time, which passes in its sleeps and requests alone. No
 * probe of a manager is answered meanwhile, and no other agent is there: the reports are on their own.
 */
export async function runRounds({
  rounds,
  folder,
  answer,
  source,
  random = () => 0.5,
  tookMs = 0,
  ...scenario
}: Scenario) {
  const waits: number[] = []
  let begun = 0
  const stop = new AbortController()
  const idle = createIdleClock(NOW)
  let spent = 0
  const clock: Clock = {
    now: () => idle.now() + spent,
    sleep: async (ms, signal) => {
      // Only the wait for the next report can be woken, by a signal that is not the agent's own.
      if (signal !== stop.signal) {
        waits.push(ms)
        if (begun === rounds) stop.abort()
      }
      await idle.sleep(ms, signal)
    },
  }
  const { log, lines } = createRecordingLog()
  const secret = { kind: 'secret', secret: PSK, publishedAt: null } as const
  const psk = await openPskStore(
    { kind: 'file', where: 'test', refreshMs: 1000, read: async () => secret, ...source },
    join(folder, 'keyring.json'),
    clock,
    log,
  )
  const http = createScriptedHttp(
    async (received) => {
      spent += tookMs
      return answer ? answer(received) : proven(received, { psk: PSK, serverTime: clock.now() })
    },
    (url) => (url.endsWith('/status/peer') ? failed('refused') : silenceUntil(stop.signal)),
  )
  const { host } = openFixtureHost('mesh6-n1-healthy')
  const config = { ...CONFIG, managerUrls: scenario.urls ?? CONFIG.managerUrls }
  const state = scenario.state ?? memoryState()
  await idle.run(
    runAgent(
      {
        ...{ clock, http, log, random, spool: createMemorySpool() },
        host: {
          ...host,
          readText: async (path) => {
            if (path.endsWith('/boot_id') && ++begun > rounds) stop.abort()
            return host.readText(path)
          },
        },
        psk: { ...psk, refreshAfterRefusal: () => idle.during(psk.refreshAfterRefusal) },
      },
      {
        ...{
          directory: state.directory,
          agentId: state.agentId,
          identity: state.identity,
          reset: state.reset,
        },
        get lastTick() {
          return state.lastTick
        },
        saveTick: (tick) => idle.during(() => state.saveTick(tick)),
      },
      config,
      stop.signal,
    ),
  )
  return {
    ...{ waits, received: http.received, ticks: http.received.map(({ data }) => data.tick) },
    lines: lines.filter(({ message }) => message !== 'the agent listens'),
  }
}

function silenceUntil(signal: AbortSignal): Promise<HttpOutcome> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(failed('timed_out'))))
}
