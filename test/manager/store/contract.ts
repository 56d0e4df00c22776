import type { Store } from '../../../src/manager/store/port.js'
import { describeAppending } from './append-contract.js'
import { describeInference } from './inference-contract.js'
import { describeLateReports } from './late-contract.js'
import { describeOperators } from './operator-contract.js'
import { describePruning } from './prune-contract.js'
import { describeReplayMemory } from './replay-contract.js'

/** Where a store keeps what it holds: opened again it is the same store. Discarded when the test has ended. */
export type StorePlace = { readonly open: () => Promise<Store> }

/** What every store must do; `makePlace` makes a new empty place for each test. */
export function describeStore(name: string, makePlace: () => StorePlace): void {
  describeAppending(name, makePlace)
  describeReplayMemory(name, makePlace)
  describeLateReports(name, makePlace)
  describeOperators(name, makePlace)
  describeInference(name, makePlace)
  describePruning(name, makePlace)
}
