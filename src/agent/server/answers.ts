import { z } from 'zod'

/** The answers of an agent's server, as the commands on its machine read them (protocol section 5). */

const anyone = z.object({ status: z.literal('ok'), version: z.string(), uptime_s: z.number() })

const health = anyone.extend({
  last_push_at: z.number().nullable(),
  last_push_url: z.string().nullable(),
  last_push_way: z.enum(['direct', 'relay']).nullable(),
  consecutive_failures: z.number(),
  last_failure: z.string().nullable(),
  clock_offset_ms: z.number().nullable(),
  spool: z.object({
    length: z.number(),
    bytes: z.number(),
    oldest_at: z.number().nullable(),
    dropped: z.number(),
  }),
})

/** The answer to a health check as anyone gets it. */
export const decodeAlive = decoderOf(anyone)
/** The answer to a health check as a member gets it. */
export const decodeHealth = decoderOf(health)
/** The answer to a reset. */
export const decodeReset = decoderOf(z.object({ agent_id: z.string() }))
/** What an agent says of its way to a manager. */
export const decodeRelay = decoderOf(
  z.object({ relay: z.object({ available: z.boolean(), hops: z.number().nullable() }) }),
)

function decoderOf<T>(schema: z.ZodType<T>): (answer: unknown) => T | undefined {
  return (answer) => schema.safeParse(answer).data
}
