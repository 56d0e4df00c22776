import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createGroupCommit } from '../../../src/manager/ingest/group-commit.js'

const limits = { maxGroup: 4, maxWaiting: 10 }

/** A commit that each test ends by hand, in the order it was called. */
function openGate() {
  const groups: { items: readonly number[]; succeed: () => void; fail: (thrown: unknown) => void }[] = []
  let changed = Promise.withResolvers<void>()
  const commit = (items: readonly number[]) => {
    const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>()
    groups.push({ items, succeed: () => resolve(items.map((item) => `result ${item}`)), fail: reject })
    changed.resolve()
    changed = Promise.withResolvers()
    return promise
  }
  /** Resolves when this many commits were called. */
  const called = async (count: number) => {
    while (groups.length < count) await changed.promise
    const group = groups[count - 1]
    if (!group) throw new Error('no such group')
    return group
  }
  return { commit, called, groups }
}

describe('a group commit', () => {
  test('puts what arrives together through one commit, and answers each with its own result after it', async () => {
    const gate = openGate()
    const { submit } = createGroupCommit(gate.commit, limits)
    const answered: (string | undefined)[] = []
    const all = Promise.all(
      [1, 2, 3].map(async (item) => {
        const result = await submit(item)
        answered.push(result)
        return result
      }),
    )
    const group = await gate.called(1)
    expect(group.items).toEqual([1, 2, 3])
    expect(answered).toEqual([])
    group.succeed()
    expect(await all).toEqual(['result 1', 'result 2', 'result 3'])
    expect(gate.groups).toHaveLength(1)
  })

  test('gathers the next group while one commits, at most as large as configured', async () => {
    const gate = openGate()
    const { submit, drain } = createGroupCommit(gate.commit, limits)
    const first = submit(0)
    const group = await gate.called(1)
    const rest = [1, 2, 3, 4, 5].map(submit)
    expect(gate.groups).toHaveLength(1)
    group.succeed()
    expect(await first).toBe('result 0')
    for (const count of [2, 3]) (await gate.called(count)).succeed()
    await Promise.all(rest)
    await drain()
    expect(gate.groups.map(({ items }) => items)).toEqual([[0], [1, 2, 3, 4], [5]])
  })

  test('rejects every item of a group whose commit fails, and goes on with the next group', async () => {
    const gate = openGate()
    const { submit } = createGroupCommit(gate.commit, limits)
    const outcomes = Promise.allSettled([1, 2, 3, 4, 5].map(submit))
    ;(await gate.called(1)).fail(new Error('disk full'))
    ;(await gate.called(2)).succeed()
    expect((await outcomes).map(({ status }) => status)).toEqual([...Array(4).fill('rejected'), 'fulfilled'])
  })

  test('takes nothing more when too many wait, until some were committed', async () => {
    const gate = openGate()
    const { submit } = createGroupCommit(gate.commit, limits)
    const taken = [...Array(10).keys()].map(submit)
    expect(submit(10)).toBeUndefined()
    ;(await gate.called(1)).succeed()
    await taken[0]
    const late = submit(11)
    expect(late).toBeDefined()
    for (const count of [2, 3]) (await gate.called(count)).succeed()
    expect(await late).toBe('result 11')
  })

  test('drains: what was submitted is answered first; an idle one drains at once', async () => {
    const gate = openGate()
    const { submit, drain } = createGroupCommit(gate.commit, limits)
    await drain()
    let isDrained = false
    const result = submit(1)
    const drained = drain().then(() => {
      isDrained = true
    })
    const group = await gate.called(1)
    expect(isDrained).toBe(false)
    group.succeed()
    expect(await result).toBe('result 1')
    await drained
  })

  test('answers every item once, in order and with its own result, whatever the schedule', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.array(fc.nat(), { maxLength: 40 }), async (scheduler, items) => {
        const committed: number[] = []
        const { submit, drain } = createGroupCommit<number, number>(
          async (group) => {
            await scheduler.schedule(Promise.resolve())
            committed.push(...group)
            return group.map((item) => item * 2)
          },
          { maxGroup: 3, maxWaiting: 100 },
        )
        const results = items.map((item) => scheduler.schedule(Promise.resolve(item)).then(submit))
        await scheduler.waitFor(Promise.all(results))
        await drain()
        expect(await Promise.all(results)).toEqual(items.map((item) => item * 2))
        expect(committed.toSorted()).toEqual(items.toSorted())
      }),
    )
  })
})
