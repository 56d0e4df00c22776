import { z } from 'zod'
import type { Neighbour } from '../../core/protocol/report.js'
import { parseEntries, readIp } from '../iproute2/read-ip.js'
import { compareBy } from '../order.js'
import type { Collector } from '../snapshot.js'

const NEIGH_ARGS = ['-j', 'neigh', 'show']

export const neighbours: Collector = {
  name: 'neighbours',
  collect: async (host) => {
    const reading = await readIp(host, NEIGH_ARGS, parseNeighbours)
    if (reading.kind === 'ok') return { sections: { neighbours: reading.value }, failures: [] }
    const { code, message } = reading
    return { sections: {}, failures: [{ collector: 'neighbours', code, message }] }
  },
}

const neighbourEntry = z.object({
  dst: z.string(),
  dev: z.string(),
  lladdr: z.string().nullish(),
  state: z.array(z.string()).nullish(),
})

/**
 * The neighbours in the answer of `ip -j neigh show`, sorted; undefined when it is not such an
 * answer. One entry: `{"dst":"10.99.12.1","dev":"eth0","lladdr":"42:3e:a6:b4:23:db","state":["REACHABLE"]}`
 */
export function parseNeighbours(text: string): readonly Neighbour[] | undefined {
  return parseEntries(text, neighbourEntry)
    ?.map(({ dst, dev, lladdr, state }) => ({
      dev,
      address: dst,
      // On a GRE tunnel the link-layer address is an IP address.
      mac: lladdr != null && MAC.test(lladdr) ? lladdr : null,
      state: state?.[0]?.toLowerCase() ?? null,
    }))
    .toSorted(
      compareBy(
        (neighbour) => neighbour.dev,
        (neighbour) => neighbour.address,
      ),
    )
}

const MAC = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/
