import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createRelayGate, RELAY_LIMITS } from '../../../src/agent/server/rate.js'
import { NOW } from '../../core/sealed-report.js'
import { usedHeap } from '../used-heap.js'

const LIMITS = { perSecond: 10, burst: 20, atOncePerSender: 4, atOnce: 8 }

function openGate(limits = LIMITS) {
  let now = NOW
  const gate = createRelayGate(limits, () => now)
  return { gate, pass: (ms: number) => (now += ms) }
}
/** Lets one in and out again; whether it came in. */
const through = (gate: ReturnType<typeof createRelayGate>, sender: string) => {
  const leave = gate.enter(sender)
  leave?.()
  return leave !== undefined
}

describe('one sender', () => {
  test('gets a burst, and then so many a second', () => {
    const { gate, pass } = openGate()
    const take = () => Array.from({ length: 100 }, () => through(gate, 'a')).filter(Boolean).length
    expect(take()).toBe(20)
    pass(1000)
    expect(take()).toBe(10)
    pass(50)
    expect(take()).toBe(0)
    pass(50)
    expect(take()).toBe(1)
    pass(3_600_000)
    expect(take()).toBe(20)
  })

  test('takes nothing from another', () => {
    const { gate } = openGate()
    for (let i = 0; i < 100; i++) through(gate, 'a')
    expect(through(gate, 'b')).toBe(true)
  })

  test('has at most so many inside, and one more for each that left', () => {
    const { gate } = openGate()
    const leaves = Array.from({ length: 4 }, () => gate.enter('a'))
    expect(gate.enter('a')).toBeUndefined()
    leaves[0]?.()
    expect(gate.enter('a')).toBeDefined()
    expect(gate.enter('a')).toBeUndefined()
  })

  test('that is refused for what is inside loses nothing of its rate', () => {
    const { gate } = openGate()
    const leaves = Array.from({ length: 4 }, () => gate.enter('a'))
    for (let i = 0; i < 100; i++) gate.enter('a')
    for (const leave of leaves) leave?.()
    expect(Array.from({ length: 100 }, () => through(gate, 'a')).filter(Boolean)).toHaveLength(16)
  })
})

test('all senders together have at most so many inside', () => {
  const { gate } = openGate()
  const leaves = Array.from({ length: 100 }, (_, i) => gate.enter(`agent ${i}`))
  expect(leaves.filter((leave) => leave !== undefined)).toHaveLength(8)
  leaves[0]?.()
  expect(gate.enter('another')).toBeDefined()
})

test('whatever comes when, no sender has more than burst + rate × time, nor more inside than it may', () => {
  const step = fc.record({
    sender: fc.constantFrom('a', 'b', 'c'),
    waitMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 3000 })),
    isLeaving: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const { gate, pass } = openGate()
      const let_in = new Map<string, number>()
      const inside = new Map<string, (() => void)[]>()
      let elapsedMs = 0
      for (const { sender, waitMs, isLeaving } of steps) {
        elapsedMs += waitMs
        pass(waitMs)
        const mine = inside.get(sender) ?? []
        if (isLeaving) mine.pop()?.()
        else {
          const leave = gate.enter(sender)
          if (leave) {
            mine.push(leave)
            let_in.set(sender, (let_in.get(sender) ?? 0) + 1)
          }
        }
        inside.set(sender, mine)
        expect(mine.length).toBeLessThanOrEqual(4)
        expect([...inside.values()].flat().length).toBeLessThanOrEqual(8)
        expect(let_in.get(sender) ?? 0).toBeLessThanOrEqual(20 + (elapsedMs / 1000) * 10)
      }
    }),
  )
})

test('a clock that is set back stops nobody for good', () => {
  const { gate, pass } = openGate()
  for (let i = 0; i < 20; i++) through(gate, 'a')
  pass(-3_600_000)
  expect(through(gate, 'a')).toBe(false)
  pass(1000)
  expect(through(gate, 'a')).toBe(true)
})

test('a relay carries a site of 20 agents that drain at two reports a second each', () => {
  const { gate, pass } = openGate(RELAY_LIMITS)
  for (let tick = 0; tick < 600; tick++) {
    pass(500)
    for (let agent = 0; agent < 20; agent++) expect(through(gate, 'the relay before it')).toBe(true)
  }
})

test('what a relay remembers of senders does not grow with how many there ever were', () => {
  const { gate, pass } = openGate(RELAY_LIMITS)
  const count = 300_000
  const before = usedHeap()
  for (let i = 0; i < count; i++) {
    if (i % 10 === 0) pass(1)
    through(gate, `${i}`.padStart(32, '0'))
  }
  // All of them would take more than 100 bytes each.
  expect(usedHeap() - before).toBeLessThan(1_000_000)
  expect(through(gate, 'one more')).toBe(true)
})
