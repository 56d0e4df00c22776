import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { PskSource } from '../../../../src/core/node/psk/source.js'
import { openPskStore } from '../../../../src/core/node/psk/store.js'
import { createRecordingLog } from '../../recording-log.js'
import { folderForEachTest } from '../../temporary-folder.js'
import { createVirtualClock } from '../../virtual-clock.js'
import { A, B, C, createSource, HOUR, openStore, START, warningsOf } from './stored-secrets.js'

const folder = folderForEachTest()
const keptAt = () => join(folder(), 'agent.keyring.json')
const open = (source: PskSource | undefined, startAt = START) => openStore(source, keptAt(), startAt)

describe('rotation', () => {
  test('is noticed without a restart, at the source’s pace', async () => {
    const { source, publish } = createSource(A)
    const { store, clock, accepted, close } = await open(source)
    publish(B)
    await clock.advance(9_999)
    expect(String(store.current())).toBe(A)
    await clock.advance(1)
    expect(String(store.current())).toBe(B)
    expect(accepted()).toEqual([B, A])
    await close()
  })

  test('leaves the previous secret good for 24 h and no longer', async () => {
    const { source, publish } = createSource(A, { refreshMs: HOUR })
    const { clock, accepted, close } = await open(source)
    publish(B)
    await clock.advance(HOUR)
    await clock.advance(24 * HOUR - 1)
    expect(accepted()).toEqual([B, A])
    await clock.advance(1)
    expect(accepted()).toEqual([B])
    await close()
  })

  test('is remembered over a restart, with the time that is left', async () => {
    const { source, publish } = createSource(A)
    const before = await open(source)
    publish(B)
    await before.clock.advance(10_000)
    await before.close()
    const later = await open(source, START + 10_000 + 23 * HOUR)
    expect(later.accepted()).toEqual([B, A])
    await later.clock.advance(HOUR)
    expect(later.accepted()).toEqual([B])
    await later.close()
  })

  test('while the process was down is noticed at its start', async () => {
    const { source, publish } = createSource(A)
    await (await open(source)).close()
    publish(B)
    const { accepted, close } = await open(source, START + HOUR)
    expect(accepted()).toEqual([B, A])
    await close()
  })

  test('is told once, without a secret', async () => {
    const { source, publish } = createSource(A)
    const { clock, lines, close } = await open(source)
    publish(B)
    await clock.advance(60_000)
    expect(lines.map(({ message }) => message)).toEqual(['the fleet secret was rotated'])
    expect(JSON.stringify(lines)).not.toContain('called')
    await close()
  })
})

describe('after a refusal', () => {
  test('the source is read at once, and again a minute later at the earliest', async () => {
    const { source, publish, reads } = createSource(A, { refreshMs: HOUR })
    const { store, clock, close } = await open(source)
    publish(B)
    expect(await store.refreshAfterRefusal()).toBe(true)
    publish(C)
    await clock.advance(59_999)
    expect(await store.refreshAfterRefusal()).toBe(false)
    expect(reads()).toBe(2)
    await clock.advance(1)
    expect(await store.refreshAfterRefusal()).toBe(true)
    expect(String(store.current())).toBe(C)
    await close()
  })

  test('an unchanged secret is no reason to try again', async () => {
    const { store, close } = await open(createSource(A).source)
    expect(await store.refreshAfterRefusal()).toBe(false)
    await close()
  })

  test('a secret from the environment is not read again', async () => {
    const { source, reads } = createSource(A, { kind: 'environment', refreshMs: null })
    const { store, clock, close } = await open(source)
    expect(await store.refreshAfterRefusal()).toBe(false)
    await clock.advance(48 * HOUR)
    expect(reads()).toBe(1)
    await close()
  })
})

describe('no usable secret', () => {
  const failure = async (source: PskSource | undefined) => {
    const { log, lines } = createRecordingLog()
    const thrown = await openPskStore(source, keptAt(), createVirtualClock(START), log).catch((e) => e)
    return { thrown, said: JSON.stringify([thrown.message, thrown.suggestion, String(thrown.cause), lines]) }
  }

  test('none configured says what to set', async () => {
    const { thrown, said } = await failure(undefined)
    expect(thrown).toMatchObject({ code: 'secret_unavailable', message: 'no fleet secret is configured' })
    expect(said).toContain('KATTILA_PSK_FILE')
  })

  test('an unavailable source says where and why', async () => {
    const { thrown } = await failure(createSource(undefined).source)
    expect(thrown).toMatchObject({
      code: 'secret_unavailable',
      message: 'the fleet secret cannot be used: /etc/psk: nobody answers',
    })
  })

  test('a secret that is too short is counted and never quoted', async () => {
    for (const kind of ['environment', 'file', 'dns'] as const) {
      const { thrown, said } = await failure(createSource('opensesame', { kind }).source)
      expect(thrown.message).toContain('it has 10 bytes, and at least 16 are needed')
      expect(said).not.toContain('opensesame')
    }
    expect(existsSync(keptAt())).toBe(false)
  })

  test('a short secret published later does not replace the good one', async () => {
    const { source, publish } = createSource(A)
    const { store, clock, accepted, close } = await open(source)
    publish('opensesame')
    await clock.advance(10_000)
    expect(accepted()).toEqual([A])
    expect(store.unavailable()).toContain('10 bytes')
    await close()
  })
})

test('a name’s readers are warned of once, a file’s never', async () => {
  const dns = await open(createSource(A, { kind: 'dns', refreshMs: HOUR }).source)
  await dns.clock.advance(48 * HOUR)
  expect(warningsOf(dns.lines).filter((message) => message.includes('TXT record'))).toHaveLength(1)
  await dns.close()
  const file = await open(createSource(A).source)
  expect(warningsOf(file.lines)).toEqual([])
  await file.close()
})
