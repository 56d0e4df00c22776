/** Puts items that arrive together through one commit, in their order. */
export type GroupCommit<Item, Result> = {
  /** Resolves with the item's result once its commit is done; undefined when too many wait already. */
  readonly submit: (item: Item) => Promise<Result> | undefined
  /** Resolves when nothing waits any more. */
  readonly drain: () => Promise<void>
}

type Waiting<Item, Result> = {
  item: Item
  resolve: (result: Result) => void
  reject: (thrown: unknown) => void
}

/**
 * Groups items for `commit`, which gives one result per item in the same order; when it rejects,
 * every item of the group rejects. While one group commits, the next one gathers.
 */
export function createGroupCommit<Item, Result>(
  commit: (items: readonly Item[]) => Promise<readonly Result[]>,
  limits: { readonly maxGroup: number; readonly maxWaiting: number },
): GroupCommit<Item, Result> {
  let waiting: Waiting<Item, Result>[] = []
  let running: Promise<void> | undefined

  const run = async (): Promise<void> => {
    while (waiting.length > 0) {
      // One turn of the event loop, so that requests that have arrived already join this group.
      await new Promise((resolve) => setImmediate(resolve))
      const group = waiting.slice(0, limits.maxGroup)
      waiting = waiting.slice(limits.maxGroup)
      try {
        const results = await commit(group.map(({ item }) => item))
        group.forEach(({ resolve }, i) => {
          resolve(results[i] as Result)
        })
      } catch (thrown) {
        for (const { reject } of group) reject(thrown)
      }
    }
    running = undefined
  }

  return {
    submit: (item) => {
      if (waiting.length >= limits.maxWaiting) return undefined
      const result = new Promise<Result>((resolve, reject) => waiting.push({ item, resolve, reject }))
      running ??= run()
      return result
    },
    drain: () => running ?? Promise.resolve(),
  }
}
