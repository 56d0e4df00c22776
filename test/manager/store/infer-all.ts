import { inferChanges } from '../../../src/manager/inference/infer.js'
import type { Store } from '../../../src/manager/store/port.js'

/** Infers everything that was appended, as the manager does. */
export async function inferAll(store: Store): Promise<void> {
  for (;;) {
    const reports = await store.readUninferred(100)
    const last = reports.at(-1)
    if (!last) return
    await store.commitInference(
      reports.flatMap((report) => inferChanges(report, undefined)),
      last.seq,
    )
  }
}
