import { z } from 'zod'
import type { Rule } from '../../core/protocol/report.js'
import { type Family, readFamilies } from '../iproute2/read-families.js'
import { parseEntries } from '../iproute2/read-ip.js'
import { compareBy } from '../order.js'
import type { Collector } from '../snapshot.js'

export const rules: Collector = {
  name: 'rules',
  collect: async (host) => {
    const reading = await readFamilies(host, { collector: 'rules', argsOf: ruleArgs, parse: parseRules })
    return reading.kind === 'ok'
      ? { sections: { rules: reading.value }, failures: [] }
      : { sections: {}, failures: reading.failures }
  },
}

function ruleArgs(family: Family): readonly string[] {
  return ['-j', `-${family}`, 'rule', 'show']
}

const ruleEntry = z.looseObject({
  priority: z.number(),
  src: z.string().nullish(),
  srclen: z.number().nullish(),
  dst: z.string().nullish(),
  dstlen: z.number().nullish(),
  fwmark: z.string().nullish(),
  fwmask: z.string().nullish(),
  table: z.string().nullish(),
  suppress_prefixlen: z.number().nullish(),
})

const TOLD = new Set([...Object.keys(ruleEntry.shape), 'not', 'protocol'])

/**
 * The rules in the answer of `ip -j -4 rule show` (or `-6`), in the order in which the kernel asks
 * them; undefined when it is not such an answer. One entry, of wg-quick:
 * `{"priority":32765,"not":null,"src":"all","fwmark":"0xca6c","table":"51820"}`
 */
export function parseRules(text: string, family: Family): readonly Rule[] | undefined {
  return parseEntries(text, ruleEntry)
    ?.map((entry) => toRule(entry, family))
    .toSorted(compareBy((rule) => rule.priority ?? 0))
}

function toRule(entry: z.infer<typeof ruleEntry>, family: Family): Rule {
  const { priority, src, srclen, dst, dstlen, fwmark, fwmask, table, suppress_prefixlen } = entry
  const other = Object.keys(entry).filter((name) => !TOLD.has(name))
  return {
    priority,
    from: prefixOf(src, srclen),
    to: prefixOf(dst, dstlen),
    fwmark: fwmark && fwmask ? `${fwmark}/${fwmask}` : (fwmark ?? null),
    // Present without a value when set: `"not":null`.
    not: 'not' in entry,
    table: table ?? null,
    suppressPrefixLength: suppress_prefixlen ?? null,
    other: other.toSorted(),
    family,
  }
}

function prefixOf(address: string | null | undefined, length: number | null | undefined): string | null {
  if (address == null) return null
  return length == null ? address : `${address}/${length}`
}
