import type { Clock } from '../../core/clock.js'
import type { HttpClient, HttpOutcome } from '../../core/node/http.js'
import { BUDGET_HEADER, remainingBudget } from '../../core/protocol/budget.js'
import { MAX_HOPS } from '../../core/protocol/constants.js'
import type { Envelope } from '../../core/protocol/envelope.js'
import { formatHop, HOP_HEADER } from '../../core/protocol/hop.js'
import type { Psk } from '../../core/protocol/mac.js'
import type { Managers } from './managers.js'
import type { Relay, Relays } from './relays.js'

/** An envelope on its way, in the hands of this agent: its own, or one that it forwards. */
export type Parcel = {
  /** With this agent as the last of `relay_path` when it forwards. */
  readonly envelope: Envelope
  /** The key that signed it, which makes the hop's MAC too. */
  readonly psk: Psk
  readonly budgetMs: number
}

/**
 * What an answer means for a parcel: it ends the delivery, this way failed, its manager asks for
 * patience, or a manager declined it, which speaks neither for that manager nor against it.
 */
export type Judgement = 'final' | 'failed' | 'busy' | 'declined'
export type Judge = (answer: HttpOutcome, way: Way, sentAt: number) => Judgement

/** A way that a parcel may take. */
export type Way = { readonly kind: 'direct' | 'relay'; readonly url: string }

export type DeliverPorts = {
  readonly http: HttpClient
  readonly clock: Clock
  readonly managers: Managers
  readonly relays: Relays
  /** This agent's id: the sender of every hop it makes. */
  readonly ownId: () => string
  /** Looks for relays and fills `relays`, at most as often as it is worth. */
  readonly findRelays: () => Promise<void>
}

/** No manager is worth more of a budget than this before a relay is tried, ms. */
const DIRECT_MS = 3000
/** Relays tried for one parcel. */
const MOST_RELAYS = 3
/** A manager's answer has a few hundred bytes; a stranger's is not read further than this. */
const MAX_ANSWER_BYTES = 65_536

/**
 * Brings a parcel to a manager, in the order managers → relays, within its budget; gives the answer
 * that `judge` called final, or one that a manager declined it with. Undefined when there was none.
 */
export async function deliver(
  ports: DeliverPorts,
  parcel: Parcel,
  judge: Judge,
): Promise<HttpOutcome | undefined> {
  const startedAt = ports.clock.now()
  const left = () => remainingBudget(parcel.budgetMs, ports.clock.now() - startedAt)
  const direct = await deliverDirectly(ports, parcel, judge, left)
  if (direct || ports.managers.isPatienceAsked()) return direct
  return deliverThroughRelay(ports, parcel, judge, left)
}

async function deliverDirectly(ports: DeliverPorts, parcel: Parcel, judge: Judge, left: () => number) {
  const { managers, clock } = ports
  let declined: HttpOutcome | undefined
  for (const url of managers.usable()) {
    if (left() === 0) break
    const way: Way = { kind: 'direct', url }
    const sentAt = clock.now()
    const answer = await send(ports, parcel, way, Math.min(left(), DIRECT_MS))
    switch (judge(answer, way, sentAt)) {
      case 'final':
        managers.succeeded(url)
        return answer
      case 'busy':
        managers.busy(url, retryAfterMs(answer))
        break
      case 'declined':
        declined = answer
        break
      case 'failed':
        managers.failed(url)
    }
  }
  return declined
}

async function deliverThroughRelay(ports: DeliverPorts, parcel: Parcel, judge: Judge, left: () => number) {
  const { relays, clock } = ports
  const { relay_path: path, agent_id: origin } = parcel.envelope
  const isOwn = path.length === 0
  const exclude = [...path, origin ?? '', ports.ownId()]
  const isNearEnough = (relay: Relay) => path.length + 1 + relay.hops <= MAX_HOPS
  const suitable = () => relays.ranked(exclude).filter(isNearEnough)
  // A relay's budget is its sender's: it looks for ways of its own in the background, not meanwhile.
  if (isOwn && suitable().length === 0) await ports.findRelays()
  for (const relay of suitable().slice(0, MOST_RELAYS)) {
    if (left() === 0) return undefined
    const way: Way = { kind: 'relay', url: relay.url }
    const sentAt = clock.now()
    const answer = await send(ports, parcel, way, left())
    if (judge(answer, way, sentAt) === 'final') {
      relays.succeeded(relay)
      return answer
    }
    // Another agent's report may be refused for where it has been, and would take the relay from all that follow.
    if (isOwn || answer.kind === 'failed') relays.failed(relay)
  }
  return undefined
}

function send(
  { http, clock, ownId }: DeliverPorts,
  { envelope, psk }: Parcel,
  way: Way,
  timeoutMs: number,
): Promise<HttpOutcome> {
  return http.send({
    method: 'POST',
    url: `${way.url}/status/${way.kind === 'direct' ? 'updates' : 'relay'}`,
    headers: {
      [HOP_HEADER]: formatHop(psk, ownId(), clock.now(), envelope),
      ...(way.kind === 'relay' ? { [BUDGET_HEADER]: String(timeoutMs) } : {}),
    },
    body: JSON.stringify(envelope),
    timeoutMs,
    maxAnswerBytes: MAX_ANSWER_BYTES,
  })
}

/** `Retry-After` in seconds; a manager that says nothing gets 5. */
function retryAfterMs(answer: HttpOutcome): number {
  const seconds = answer.kind === 'answer' ? Number(answer.headers['retry-after']) : Number.NaN
  return 1000 * (seconds > 0 ? seconds : 5)
}

/**
 * How many agents a report passes after this one; null when this one knows no way, or only one that
 * leaves no hop for a relay before it (protocol section 5).
 */
export function hopsToManager(managers: Managers, relays: Relays): number | null {
  if (managers.isReached()) return 0
  const relay: Relay | undefined = relays.current()
  return relay && relay.hops + 1 < MAX_HOPS ? relay.hops + 1 : null
}
