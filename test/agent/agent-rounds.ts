import { join } from 'node:path'
import { runAgent } from '../../src/agent/agent.js'
import type { AgentState } from '../../src/agent/state.js'
import type { PskSource } from '../../src/core/node/psk/source.js'
import { openPskStore } from '../../src/core/node/psk/store.js'
import { createRecordingLog } from '../core/recording-log.js'
import { AGENT_ID, KEY, NOW, PSK } from '../core/sealed-report.js'
import { openFixtureHost } from './fixture-host.js'
import { type Answering, createScriptedHttp, proven } from './scripted-manager.js'

export const CONFIG = {
  managerUrls: ['http://a'],
  fleetId: 'default',
  agentVersion: '0.1.0',
  intervalS: 30,
  labels: { site: 'hel' },
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

/** A state that keeps its tick nowhere. */
export const memoryState = (saveTick: AgentState['saveTick'] = async () => undefined): AgentState => ({
  ...{ directory: '/state', agentId: AGENT_ID, identity: KEY, lastTick: 0, saveTick },
})

/** Runs an agent for some rounds in virtual time, which passes in its sleeps and requests alone. */
export async function runRounds({
  rounds,
  folder,
  answer,
  source,
  random = () => 0.5,
  tookMs = 0,
  ...scenario
}: Scenario) {
  let now = NOW
  const waits: number[] = []
  const stop = new AbortController()
  const clock = {
    now: () => now,
    sleep: async (ms: number) => {
      waits.push(ms)
      now += ms
      if (waits.length === rounds) stop.abort()
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
  const http = createScriptedHttp(async (received) => {
    now += tookMs
    return answer ? answer(received) : proven(received, { psk: PSK, serverTime: now })
  })
  const { host } = openFixtureHost('mesh6-n1-healthy')
  const config = { ...CONFIG, managerUrls: scenario.urls ?? CONFIG.managerUrls }
  await runAgent(
    { host, clock, http, psk, log, random },
    scenario.state ?? memoryState(),
    config,
    stop.signal,
  )
  return { waits, lines, received: http.received, ticks: http.received.map(({ data }) => data.tick) }
}
