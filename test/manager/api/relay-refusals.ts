import { formatHop } from '../../../src/core/protocol/hop.js'
import { envelopeOf, NOW, PSK } from '../fleet.js'
import { hel, next, pathOf, proven, type Refused, relayed, WINDOW_MS } from './exchange.js'

/** What is refused of a relayed report (protocol sections 3 and 5). */
export const RELAY_REFUSALS: readonly Refused[] = [
  {
    when: 'a relayed report has no hop header',
    request: { body: envelopeOf(hel, next, { relay_path: pathOf(1) }) },
    status: 401,
    code: 'bad_hop',
    ...proven,
  },
  {
    when: 'the hop header is not by the last relay',
    request: {
      ...relayed(envelopeOf(hel, next), pathOf(2)),
      headers: {
        'Kattila-Hop': formatHop(
          PSK,
          pathOf(1)[0] ?? '',
          NOW,
          envelopeOf(hel, next, { relay_path: pathOf(2) }),
        ),
      },
    },
    status: 401,
    code: 'bad_hop',
    ...proven,
  },
  {
    when: 'relay_path was changed after the hop',
    request: {
      ...relayed(envelopeOf(hel, next), pathOf(2)),
      body: envelopeOf(hel, next, { relay_path: [...pathOf(2)].reverse() }),
    },
    status: 401,
    code: 'bad_hop',
    ...proven,
  },
  {
    when: 'the hop was made outside the clock window',
    request: relayed(envelopeOf(hel, next), pathOf(1), NOW - WINDOW_MS - 1),
    status: 401,
    code: 'bad_hop',
    ...proven,
  },
  {
    when: 'the hop header is made with an unknown secret',
    request: relayed(envelopeOf(hel, next), pathOf(1), NOW, Buffer.from('some other secret')),
    status: 401,
    code: 'bad_hop',
    ...proven,
  },
  {
    when: 'a relay stands twice in relay_path',
    request: relayed(envelopeOf(hel, next), [...pathOf(1), ...pathOf(1)]),
    status: 409,
    code: 'relay_loop',
    ...proven,
  },
  {
    when: 'the origin stands in relay_path',
    request: relayed(envelopeOf(hel, next), [hel.agentId, ...pathOf(1)]),
    status: 409,
    code: 'relay_loop',
    ...proven,
  },
  {
    when: 'it came over four relays',
    request: relayed(envelopeOf(hel, next), pathOf(4)),
    status: 409,
    code: 'too_many_hops',
    ...proven,
  },
]
