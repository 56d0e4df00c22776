import fc from 'fast-check'
import { expect, test } from 'vitest'
import { wireguard } from '../../../src/agent/collectors/wireguard.js'
import type { Host } from '../../../src/agent/host.js'
import { dumpOf, openFixtureHost, SITUATIONS, secretsOf } from '../fixture-host.js'

/** A key of 32 bytes of one letter. */
const key = (letter: string) => Buffer.alloc(32, letter).toString('base64')

/** The dumps of all captures, and one with preshared keys, since no capture has any. */
const DUMPS = [
  ...SITUATIONS.map(dumpOf).filter((dump) => dump.includes('\t')),
  [
    ['wg0', key('s'), key('o'), '51820', 'off'],
    ['wg0', key('a'), key('p'), '203.0.113.9:51820', '10.9.0.2/32', '1795199462', '1648', '672', '25'],
    ['wg0', key('b'), key('q'), '(none)', '(none)', '0', '0', '0', 'off'],
    ['wg1', key('t'), key('u'), '0', '0xca6c'],
  ]
    .map((columns) => columns.join('\t'))
    .join('\n'),
]

type Cells = readonly (readonly string[])[]

/** One piece of damage: to a line, a column or a character. */
const damage: fc.Arbitrary<(cells: Cells) => Cells> = fc
  .record({ what: fc.nat(9), row: fc.nat(), column: fc.nat(), other: fc.nat() })
  .map(({ what, row, column, other }) => (cells) => {
    if (cells.length === 0) return cells
    const r = row % cells.length
    const line = cells[r] ?? []
    const c = column % Math.max(line.length, 1)
    const replaceLine = (...lines: Cells) => cells.toSpliced(r, 1, ...lines)
    const cell = line[c] ?? ''
    switch (what) {
      case 0: // a line is lost
        return replaceLine()
      case 1: // a line comes twice
        return replaceLine(line, line)
      case 2: // a column is lost
        return replaceLine(line.toSpliced(c, 1))
      case 3: // a column comes twice
        return replaceLine(line.toSpliced(c, 0, cell))
      case 4: // several columns are lost
        return replaceLine(line.toSpliced(c, 1 + (other % 8)))
      case 5: // a line break is lost
        return cells.toSpliced(r, 2, [...line, ...(cells[r + 1] ?? [])])
      case 6: // a line is cut off
        return replaceLine(line.slice(0, c))
      case 7: // a line break too many
        return replaceLine(line.slice(0, c), line.slice(c))
      case 8: // a column is something else
        return replaceLine(line.toSpliced(c, 1, ['', 'off', '(none)', '0', 'wg0'][other % 5] ?? ''))
      default: // a column is cut off
        return replaceLine(line.toSpliced(c, 1, cell.slice(0, other % (cell.length + 1))))
    }
  })

function hostWithDump(dump: string): Host {
  return openFixtureHost('no-wireguard-mgr', { commands: { 'wg show all dump': dump } }).host
}

// With three well-aimed blows to one line a preshared key looks like a peer's public key, and nothing can tell.
test('no damage in one or two places of a dump brings a private or preshared key into a report', async () => {
  const damaged = fc.tuple(fc.constantFrom(...DUMPS), fc.array(damage, { minLength: 1, maxLength: 2 }))
  await fc.assert(
    fc.asyncProperty(damaged, async ([dump, pieces]) => {
      const whole: Cells = dump.split('\n').map((text) => text.split('\t'))
      const cells = pieces.reduce((so, piece) => piece(so), whole)
      const text = JSON.stringify(
        await wireguard.collect(hostWithDump(cells.map((row) => row.join('\t')).join('\n'))),
      )
      for (const secret of secretsOf(dump)) expect(text).not.toContain(secret)
    }),
    { numRuns: 5_000 },
  )
})

test('a host that throws what `wg` printed does not bring it into the failure', async () => {
  const { host } = openFixtureHost('mesh6-n1-healthy')
  const run = () => Promise.reject(new Error(dumpOf('mesh6-n1-healthy')))
  const { sections, failures } = await wireguard.collect({ ...host, run })
  expect(sections).toEqual({})
  expect(failures).toEqual([
    {
      collector: 'wireguard',
      code: 'failed',
      message: '`wg show all dump` failed; run it on this host to see why',
    },
  ])
})
