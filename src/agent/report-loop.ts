import { REPORT_JITTER } from '../core/protocol/constants.js'
import { type DrainPorts, drainSpool } from './drain.js'
import type { Snapshot } from './snapshot.js'

export type ReportLoopPorts = DrainPorts & {
  readonly collect: () => Promise<Snapshot>
  readonly intervalS: number
}

/** Runs the reports of an agent; `wake` says that a way to a manager is there again. */
export type ReportLoop = {
  readonly run: (signal: AbortSignal) => Promise<void>
  readonly wake: () => void
}

/**
 * Creates the loop: collect, send, and keep on disk what cannot be sent; then, while there is a way,
 * send what waited; then wait out the interval with jitter.
 */
export function createReportLoop(ports: ReportLoopPorts): ReportLoop {
  const { clock, spool, random } = ports
  let awakened = new AbortController()

  const waitUntil = async (dueAt: number, signal: AbortSignal): Promise<void> => {
    await clock.sleep(Math.max(0, dueAt - clock.now()), AbortSignal.any([signal, awakened.signal]))
  }

  return {
    wake: () => awakened.abort(),
    run: async (signal) => {
      while (!signal.aborted) {
        const spread = 1 + REPORT_JITTER * (2 * random() - 1)
        const dueAt = clock.now() + ports.intervalS * 1000 * spread
        const snapshot = await ports.collect()
        const fate = await ports.send(snapshot)
        if (fate === 'waits') await spool.put(snapshot)
        else await drainSpool(ports, dueAt, signal)
        while (!signal.aborted && clock.now() < dueAt) {
          await waitUntil(dueAt, signal)
          if (awakened.signal.aborted) {
            awakened = new AbortController()
            await drainSpool(ports, dueAt, signal)
          }
        }
      }
    },
  }
}
