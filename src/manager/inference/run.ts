import { reasonOf } from '../../core/error.js'
import type { Log } from '../../core/log.js'
import type { Store } from '../store/port.js'
import type { Change, InterfaceFacts } from './change.js'
import { inferChanges } from './infer.js'

type KnownAgent = { readonly measuredAt: number; readonly interfaces: Map<string, InterfaceFacts> }

/** Reports looked at between two breaths of the event loop, so that ingest is never kept waiting. */
const BATCH = 100

/** Consumes appended reports in their order, from where it stopped, apart from ingest. */
export type Inference = {
  /** Says that there may be reports to look at; returns at once. */
  readonly wake: () => void
  /** Forgets what is held of an agent, or of all, after an operator's reset. */
  readonly forget: (agentId: string | 'fleet') => void
  /** Resolves when everything appended so far was looked at. */
  readonly idle: () => Promise<void>
}

/** Opens inference over a store, with what it knew before. A store that fails is tried again at the next wake. */
export async function openInference(store: Store, log: Log): Promise<Inference> {
  let known = await loadKnown(store)
  let running: Promise<void> = Promise.resolve()
  let isAsked = false

  const run = async (): Promise<void> => {
    isAsked = false
    for (;;) {
      const reports = await store.readUninferred(BATCH)
      const last = reports.at(-1)
      if (!last) return
      const changes: Change[] = []
      for (const stored of reports) {
        const found = inferChanges(stored, known.get(stored.report.agentId))
        for (const change of found) apply(known, change)
        changes.push(...found)
      }
      try {
        await store.commitInference(changes, last.seq)
      } catch (thrown) {
        known = await loadKnown(store)
        throw thrown
      }
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  return {
    wake: () => {
      if (isAsked) return
      isAsked = true
      running = running
        .then(run)
        .catch((thrown) =>
          log.error(
            { reason: reasonOf(thrown) },
            'inference could not be committed; it is tried again with the next report',
          ),
        )
    },
    forget: (agentId) => {
      if (agentId === 'fleet') known.clear()
      else known.delete(agentId)
    },
    idle: () => running,
  }
}

function apply(known: Map<string, KnownAgent>, change: Change): void {
  switch (change.kind) {
    case 'agent': {
      const { agentId, measuredAt } = change.facts
      known.set(agentId, { measuredAt, interfaces: known.get(agentId)?.interfaces ?? new Map() })
      break
    }
    case 'interface':
      known.get(change.facts.agentId)?.interfaces.set(change.facts.name, change.facts)
      break
    case 'interface_gone':
      known.get(change.agentId)?.interfaces.delete(change.name)
      break
    case 'edge':
      // Nothing that is inferred asks for what edges were seen before.
      break
  }
}

async function loadKnown(store: Store): Promise<Map<string, KnownAgent>> {
  const known = new Map<string, KnownAgent>()
  for (const { facts } of await store.listAgents()) if (facts) apply(known, { kind: 'agent', facts })
  for (const facts of await store.loadInterfaces()) apply(known, { kind: 'interface', facts })
  return known
}
