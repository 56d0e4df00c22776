import { promises } from 'node:dns'
import { isErrno } from './private-files.js'

/** The TXT records of a name, each as its chunks of latin-1 text, or why there are none. */
type TxtAnswer =
  | { readonly kind: 'records'; readonly records: readonly (readonly string[])[] }
  | { readonly kind: 'failed'; readonly why: string }
export type ResolveTxt = (name: string) => Promise<TxtAnswer>

/** The default resolver takes 27 s to give up on a dropped query: an own timeout and two tries (issue 2). */
const TIMEOUT_MS = 2000
const TRIES = 2

const REASONS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'the name does not exist',
  ENODATA: 'the name has no TXT record',
  ETIMEOUT: 'no name server answered in time',
  ESERVFAIL: 'the name server failed',
  EREFUSED: 'the name server refused',
  ECONNREFUSED: 'no name server listens at the configured address',
}

/** Asks the name servers of this machine, or the given ones (`address` or `address:port`). */
export function createTxtResolver(servers?: readonly string[]): ResolveTxt {
  const ask = async (name: string, triesLeft: number): Promise<TxtAnswer> => {
    // One try at a time: of its own second try the resolver doubles the timeout.
    const resolver = new promises.Resolver({ timeout: TIMEOUT_MS, tries: 1 })
    if (servers) resolver.setServers(servers)
    try {
      return { kind: 'records', records: await resolver.resolveTxt(name) }
    } catch (thrown) {
      if (triesLeft > 1 && isErrno(thrown, 'ETIMEOUT')) return ask(name, triesLeft - 1)
      const known = Object.keys(REASONS).find((code) => isErrno(thrown, code))
      return { kind: 'failed', why: `${name}: ${(known && REASONS[known]) ?? String(thrown)}` }
    }
  }
  return (name) => ask(name, TRIES)
}
