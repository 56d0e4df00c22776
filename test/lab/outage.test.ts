import { readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { parseRecordName } from '../../src/agent/spool/name.js'
import { expectAllInOrder, expectNoneTwice } from './facts.js'
import { provideFleet } from './fleet.js'
import { until } from './until.js'

/** An hour of outage at the default of 30 s is 120 intervals; here it is 20, and as many restarts. */
const INTERVAL_S = 1
const RESTARTED = 'n1'
const KILLED = 'n2'
const FULL = 'n3'
const TORN = 'n4'
const HOSTS = [RESTARTED, KILLED, FULL, TORN]

const fleet = provideFleet(['4'], { disks: { [FULL]: '256k' } })
/** Every moment that was seen waiting on the disk of a host. */
const seen = new Map(HOSTS.map((host) => [host, new Set<number>()]))
const seenOf = (host: string) => [...(seen.get(host) ?? [])].toSorted((a, b) => a - b)

const note = (host: string) => {
  const waiting = fleet().waiting(host)
  for (const moment of waiting) seen.get(host)?.add(moment)
  return waiting.length
}
const waitFor = (host: string, more: number) => {
  const before = note(host)
  return until(`${more} more wait on ${host}`, 60_000, () => note(host) >= before + more)
}
const restart = async (host: string, signal: 'TERM' | 'KILL') => {
  await fleet().stopAgent(host, signal)
  note(host)
  await fleet().startAgent(host, INTERVAL_S)
}

beforeAll(async () => {
  await fleet().startManager()
  await Promise.all(HOSTS.map((host) => fleet().startAgent(host, INTERVAL_S)))
  await until('reports of each host', 60_000, () => HOSTS.every((host) => fleet().filed(host).length >= 2))
  await fleet().stopManager('KILL')
})

/** Leaves this disk room for a few records. */
function fillDisk(directory: string): void {
  const path = join(directory, 'what-others-wrote')
  const block = Buffer.alloc(4096)
  let blocks = 0
  try {
    for (;;) {
      writeFileSync(path, block, { flag: 'a' })
      blocks++
    }
  } catch {
    truncateSync(path, (blocks - 6) * block.length)
  }
}

function tearMiddleRecord(directory: string): number {
  const names = readdirSync(directory).filter((name) => parseRecordName(name))
  const name = names.toSorted()[Math.floor(names.length / 2)] ?? ''
  truncateSync(join(directory, name), Math.floor(statSync(join(directory, name)).size / 2))
  return parseRecordName(name)?.collectedAt ?? Number.NaN
}

let torn: number

test('while the manager is away, snapshots wait on disk through restarts, kills, a full disk and a torn file', async () => {
  await Promise.all([
    (async () => {
      for (let i = 0; i < 3; i++) {
        await waitFor(RESTARTED, 3)
        await restart(RESTARTED, 'TERM')
      }
    })(),
    (async () => {
      for (let i = 0; i < 3; i++) {
        await waitFor(KILLED, 3)
        await restart(KILLED, 'KILL')
      }
    })(),
    (async () => {
      await waitFor(FULL, 2)
      const first = fleet().waiting(FULL)[0]
      fillDisk(fleet().stateDir(FULL))
      await until('the oldest go for the newest', 60_000, () => {
        note(FULL)
        return fleet().waiting(FULL)[0] !== first
      })
      await until('a dozen were measured', 60_000, () => {
        note(FULL)
        return seenOf(FULL).length >= 12
      })
      expect((await fleet().status(FULL)).spool.dropped).toBeGreaterThan(0)
    })(),
    (async () => {
      await waitFor(TORN, 5)
      await fleet().stopAgent(TORN, 'KILL')
      note(TORN)
      torn = tearMiddleRecord(join(fleet().stateDir(TORN), 'spool'))
      await fleet().startAgent(TORN, INTERVAL_S)
      await waitFor(TORN, 3)
    })(),
  ])
  for (const host of [RESTARTED, KILLED])
    expect(fleet().waiting(host), host).toEqual(expect.arrayContaining(seenOf(host)))
})

test('an agent that is killed while it sends what waited goes on where it was', async () => {
  note(KILLED)
  await fleet().startManager()
  const before = fleet().filed(KILLED).length
  await until('some of it was sent', 100_000, () => {
    for (const host of HOSTS) note(host)
    return fleet().filed(KILLED).length >= before + 4
  })
  expect(fleet().waiting(KILLED)).not.toEqual([])
  await restart(KILLED, 'KILL')
  await until('nothing waits anywhere', 100_000, () => HOSTS.every((host) => note(host) === 0))
})

test('every snapshot that was on disk is filed, in order and none twice, after restarts and kills', () => {
  for (const host of [RESTARTED, KILLED]) expectAllInOrder(fleet().filed(host), seenOf(host))
  expectNoneTwice(fleet().filed())
})

test('a full disk costs the oldest, and the rest is filed in order by the agent that lived through it', async () => {
  const filed = new Set(
    fleet()
      .filed(FULL)
      .map(({ collectedAt }) => collectedAt),
  )
  const kept = seenOf(FULL).filter((moment) => filed.has(moment))
  expect(kept.length).toBeGreaterThanOrEqual(3)
  expectAllInOrder(fleet().filed(FULL), seenOf(FULL).slice(-kept.length))
  expect((await fleet().status(FULL)).consecutive_failures).toBe(0)
})

test('a torn file costs that one snapshot, and the rest is filed in order', async () => {
  expectAllInOrder(
    fleet().filed(TORN),
    seenOf(TORN).filter((moment) => moment !== torn),
  )
  expect(
    fleet()
      .filed(TORN)
      .filter(({ collectedAt }) => collectedAt === torn),
  ).toEqual([])
  expect((await fleet().status(TORN)).spool.dropped).toBe(1)
})
