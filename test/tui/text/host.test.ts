import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import stringWidth from 'string-width'
import { describe, expect, test } from 'vitest'
import { fromWire } from '../../../src/core/protocol/wire-names.js'
import { formatHost, type HostSections } from '../../../src/tui/text/host.js'

const hosts = join(import.meta.dirname, '../../fixtures/hosts')
const captured = readdirSync(hosts, { withFileTypes: true }).filter((entry) => entry.isDirectory())
const layout = { width: 80, maxRows: Number.POSITIVE_INFINITY, now: 1_795_198_800_000 }

function readHost(name: string): HostSections {
  const { sections, failures, ...rest } = JSON.parse(readFileSync(join(hosts, name, 'expected.json'), 'utf8'))
  return fromWire({ ...rest, ...sections, failures })
}

describe('a host', () => {
  test.each(captured)('$name fits 80 columns and shows its interfaces', ({ name }) => {
    const lines = formatHost(readHost(name), layout)
    expect(lines.filter((line) => stringWidth(line) > 80 && !line.startsWith('linux'))).toEqual([])
    expect(lines.join('\n')).toContain('INTERFACE')
  })

  test('says for each section what could not be collected, and why', () => {
    const failures = [{ collector: 'wireguard', code: 'not_installed', message: '`wg` was not found' }]
    expect(formatHost({ failures }, layout)).toEqual([
      'Not collected:',
      '  wireguard (not_installed): `wg` was not found',
      '',
    ])
  })

  test('an empty section is said to be empty, an absent one is not spoken of', () => {
    expect(formatHost({ wgPeers: [] }, layout)).toEqual(['no WireGuard peers', ''])
    expect(formatHost({}, layout)).toEqual([])
  })

  test('of a cut list the true number is told', () => {
    const routes = [{ dst: 'default', dev: 'eth0' }]
    expect(formatHost({ routes, routesTotal: 10_000 }, layout)).toContain('… 9999 more routes')
  })

  test('a hostile name cannot move the cursor', () => {
    const interfaces = [{ name: '\u001b[2J\u202eevil', kind: 'ethernet', state: 'up', addresses: [] }]
    expect(formatHost({ interfaces }, layout).join('\n')).toContain('\\u{1b}[2J\\u{202e}evil')
  })
})
