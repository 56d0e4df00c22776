import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { parseRecordName } from '../../src/agent/spool/name.js'
import { type Filed, formatFiled, readFiled } from './filed.js'
import { type Lab, upLab } from './lab.js'
import { until } from './until.js'

const KATTILA = join(import.meta.dirname, '../../bin/kattila')
const MANAGER_URL = 'http://10.99.250.2:5086'
export const PSK = 'a-secret-of-the-lab-tests'

/** What `kattila agent status --json` says, as far as tests ask. */
type AgentStatus = {
  readonly consecutive_failures: number
  readonly last_failure: string | null
  readonly last_push_way: 'direct' | 'relay' | null
  readonly relay: { readonly available: boolean; readonly hops: number | null }
  readonly spool: { readonly length: number; readonly dropped: number }
}

/** A lab with kattila on it: a manager on mgr, an agent on each host that is told to run one. */
export type Fleet = Lab & {
  readonly startManager: () => Promise<void>
  readonly startAgent: (host: string, intervalS: number) => Promise<void>
  readonly stopAgent: (host: string, signal?: 'TERM' | 'KILL') => Promise<void>
  readonly stopManager: (signal?: 'TERM' | 'KILL') => Promise<void>
  /** Runs kattila on a host to its end, with the agent's state there, and gives its JSON document. */
  readonly ask: <T>(host: string, ...args: readonly string[]) => Promise<T>
  readonly status: (host: string) => Promise<AgentStatus>
  readonly stateDir: (host: string) => string
  readonly idOf: (host: string) => string
  /** All that the manager filed, in the order of filing; of one host where it is named. */
  readonly filed: (host?: string) => readonly Filed[]
  /** When the snapshots that wait on a host's disk were measured, oldest first; of a disk that is seen from here. */
  readonly waiting: (host: string) => readonly number[]
  /** All that there is to know when a test failed: what every process wrote, and what was filed. */
  readonly tell: () => Promise<string>
}

export type FleetOptions = {
  /** Where processes find the fleet's secret; a fixed one unless told. */
  readonly env?: Readonly<Record<string, string>>
  /** Hosts whose agent has its state on a disk of this size, e.g. `256k`. */
  readonly disks?: Readonly<Record<string, string>>
}

/**
 * Gives the tests of this file a fleet: taken up before the first, down after the last whatever
 * happens, and told of in full for each that fails.
 */
export function provideFleet(topology: readonly string[], options: FleetOptions = {}): () => Fleet {
  let fleet: Fleet | undefined
  const theFleet = () => {
    if (!fleet) throw new Error('the fleet is not up')
    return fleet
  }
  beforeAll(async () => {
    fleet = await upFleet(topology, options)
  })
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') process.stderr.write(`${await theFleet().tell()}\n`)
  })
  afterAll(() => fleet?.down())
  return theFleet
}

async function upFleet(topology: readonly string[], options: FleetOptions): Promise<Fleet> {
  const lab = await upLab(
    topology,
    Object.fromEntries(Object.entries(options.disks ?? {}).map(([host, size]) => [`agent-${host}`, size])),
  )
  const { directory } = lab
  const dataDir = join(directory, 'manager')
  const stateDir = (host: string) => join(directory, `agent-${host}`)
  const environment = (host: string): readonly string[] =>
    Object.entries({
      HOME: join(directory, `home-${host}`),
      KATTILA_STATE_DIR: stateDir(host),
      KATTILA_DATA_DIR: dataDir,
      MANAGER_URL,
      ...(options.env ?? { KATTILA_PSK: PSK }),
    }).map(([name, value]) => `${name}=${value}`)
  const spawn = (host: string, name: string, ...args: readonly string[]) =>
    lab.lab('spawn', host, name, 'env', ...environment(host), KATTILA, ...args)

  const hasLogged = async (host: string, name: string, text: string) => {
    const log = await lab.lab('logs', host, name)
    return log.includes(text)
  }
  const started = (host: string, name: string, text: string) =>
    until(
      `${name} on ${host} says: ${text}`,
      60_000,
      () => hasLogged(host, name, text),
      () => lab.lab('logs', host, name),
    )
  const idOf = (host: string) => readFileSync(join(stateDir(host), 'agent_id.txt'), 'utf8').trim()
  const hostsById = () =>
    new Map(
      readdirSync(directory)
        .filter((name) => name.startsWith('agent-') && existsSync(join(directory, name, 'agent_id.txt')))
        .map((name) => name.slice('agent-'.length))
        .map((host) => [idOf(host), host]),
    )
  const ask = async <T>(host: string, ...args: readonly string[]): Promise<T> =>
    // `sh` drops the exit status: a document that tells of a problem is an answer too.
    JSON.parse(
      await lab.lab(
        ...['exec', host, 'sh', '-c', '"$@" || :', 'sh'],
        ...['env', ...environment(host), KATTILA, ...args, '--json'],
      ),
    )

  const filed = (host?: string) => {
    const hosts = hostsById()
    const all = readFiled(join(dataDir, 'kattila_manager.db'), (id) => hosts.get(id) ?? id)
    return host === undefined ? all : all.filter((one) => one.host === host)
  }

  return {
    ...lab,
    startManager: async () => {
      await spawn('mgr', 'manager', 'manager', 'serve', '--host', '0.0.0.0')
      await started('mgr', 'manager', '"url":')
    },
    startAgent: async (host, intervalS) => {
      await spawn(host, 'agent', 'agent', 'run', '--interval', String(intervalS))
      await started(host, 'agent', 'the agent runs')
    },
    stopAgent: async (host, signal = 'TERM') => {
      await lab.lab('stop', host, 'agent', signal)
    },
    stopManager: async (signal = 'TERM') => {
      await lab.lab('stop', 'mgr', 'manager', signal)
    },
    ask,
    status: (host) => ask<AgentStatus>(host, 'agent', 'status'),
    stateDir,
    idOf,
    filed,
    waiting: (host) => {
      const spool = join(stateDir(host), 'spool')
      if (!existsSync(spool)) return []
      return readdirSync(spool)
        .toSorted()
        .flatMap((name) => parseRecordName(name)?.collectedAt ?? [])
    },
    tell: async () => {
      const spawned = [['mgr', 'manager'], ...[...hostsById().values()].map((host) => [host, 'agent'])]
      const logs = spawned.map(async ([host = '', name = '']) => {
        const log = await lab.lab('logs', host, name).catch(String)
        return `--- ${host} ${name}\n${log}`
      })
      return [
        await lab.lab('status'),
        ...(await Promise.all(logs)),
        '--- filed',
        ...filed().map(formatFiled),
      ].join('\n')
    },
  }
}
