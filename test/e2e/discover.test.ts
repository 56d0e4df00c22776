import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import xterm from '@xterm/headless'
import { describe, expect, test } from 'vitest'
import { isPrivate, parsePrefix } from '../../src/core/net/prefix.js'
import { agent, agentId, openNeighbours } from '../agent/discovery/neighbours.js'
import { type Home, makeHome, run, start } from './kattila.js'

const LAUNCHER = join(import.meta.dirname, '../../bin/kattila')

/** An address of this machine that discovery may ask, so that no test sends a packet anywhere else. */
const OWN_PRIVATE = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .map(({ address }) => address)
  .find((address) => {
    const prefix = parsePrefix(address)
    return prefix !== undefined && isPrivate(prefix)
  })
const HOST_PREFIX = OWN_PRIVATE && `${OWN_PRIVATE}/${OWN_PRIVATE.includes(':') ? 128 : 32}`

/** A host with one WireGuard interface, 10.66.0.1/24, and a peer for each list of AllowedIPs. */
function makeWireguardHome(peers: readonly string[], env: NodeJS.ProcessEnv = {}): Home {
  const home = makeHome({ KATTILA_AGENT_PORT: '5087', ...env })
  const bin = join(home.directory, 'bin')
  mkdirSync(bin)
  const key = () => randomBytes(32).toString('base64')
  const lines = peers.map((ips) => `wg0\t${key()}\t(none)\t(none)\t${ips}\t0\t0\t0\toff`)
  const dump = [`wg0\t${key()}\t${key()}\t51820\toff`, ...lines, ''].join('\n')
  const links = [
    {
      ifindex: 3,
      ifname: 'wg0',
      operstate: 'UNKNOWN',
      link_type: 'none',
      linkinfo: { info_kind: 'wireguard' },
      addr_info: [{ local: '10.66.0.1', prefixlen: 24 }],
    },
  ]
  for (const [name, output] of [
    ['wg', dump],
    ['ip', JSON.stringify(links)],
  ] as const) {
    writeFileSync(join(bin, `${name}.out`), output)
    writeFileSync(join(bin, name), `#!/bin/sh\ncat '${join(bin, `${name}.out`)}'\n`, { mode: 0o755 })
  }
  return { ...home, env: { ...home.env, PATH: `${bin}:${home.env.PATH}` } }
}

describe('kattila discover --dry-run', () => {
  const peers = ['10.66.0.0/30,10.66.0.12/32', '0.0.0.0/0,10.0.0.0/8', '(none)']

  test('lists what would be asked, and what not and why, without a secret', async () => {
    const home = makeWireguardHome(peers)
    const { status, stdout, stderr } = await run(home, ['discover', '--dry-run'])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout.trimEnd().split('\n')).toEqual([
      '2 addresses would be asked on port 5087',
      '  10.66.0.12',
      '  10.66.0.2',
      '',
      '3 passed over',
      '  10.66.0.1   an address of this host',
      '  10.0.0.0/8  wider than /22 of IPv4 or /118 of IPv6',
      '  0.0.0.0/0   the default route is never swept',
    ])
    expect(existsSync(join(home.directory, 'state'))).toBe(false)
  })

  test('--json is the same with reasons for programs', async () => {
    const { stdout } = await run(makeWireguardHome(peers), ['discover', '--dry-run', '--json'])
    expect(JSON.parse(stdout)).toMatchObject({
      schema: 'kattila.discovery/1',
      dry_run: true,
      port: 5087,
      candidates: ['10.66.0.12', '10.66.0.2'],
      passed_over: [
        { prefix: '10.66.0.1', reason: 'own_address' },
        { prefix: '10.0.0.0/8', reason: 'too_wide' },
        { prefix: '0.0.0.0/0', reason: 'default_route' },
      ],
    })
  })
})

describe('kattila discover', () => {
  test('a host without anything to ask is no failure', async () => {
    const { status, stdout } = await run(makeWireguardHome(['(none)']), ['discover'])
    expect(stdout).toBe('no address to ask: AllowedIPs name none that may be asked\n')
    expect(status).toBe(0)
    const json = await run(makeWireguardHome([]), ['discover', '--json'])
    expect(JSON.parse(json.stdout)).toMatchObject({ dry_run: false, candidates: [], probed: 0, agents: [] })
  })

  test('peers that cannot be read are a failure of the configuration', async () => {
    const home = makeWireguardHome([])
    writeFileSync(join(home.directory, 'bin/wg'), '#!/bin/sh\necho nonsense\n')
    const { status, stderr } = await run(home, ['discover'])
    expect(stderr).toMatch(/^kattila: the WireGuard peers of this host cannot be read: /)
    expect(status).toBe(3)
  })

  test('port 0 is a failure of the configuration', async () => {
    const { status, stderr } = await run(makeWireguardHome([], { KATTILA_AGENT_PORT: '0' }), ['discover'])
    expect(stderr).toMatch('KATTILA_AGENT_PORT=0')
    expect(status).toBe(3)
  })
})

const hasNone = HOST_PREFIX === undefined
describe.skipIf(hasNone)(
  `kattila discover, over a private address of this machine${hasNone ? ': it has none' : ''}`,
  () => {
    const at = OWN_PRIVATE ?? ''
    const open = async (more: Parameters<typeof openNeighbours>[0] = {}) => {
      const hostile = { version: '0.1.0\u001b[2J', relay: { available: true, hops: 1 } }
      const { port } = await openNeighbours({ [at]: agent(0xabcd, hostile), ...more })
      return makeWireguardHome([HOST_PREFIX ?? ''], { KATTILA_AGENT_PORT: String(port) })
    }

    test('shows the agents that answer, safely', async () => {
      const { status, stdout, stderr } = await run(await open(), ['discover'])
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
      expect(stdout).toMatch(/^AGENT {5}ADDRESS .*RTT {2}RELAY\n/)
      expect(stdout).toMatch(/^00000000 .*0\.1\.0\\u\{1b\}\[2J .* ms {2}1 hop$/m)
      expect(stdout).toMatch(/^1 agent found, 1 address asked$/m)
    })

    test('--json has them whole', async () => {
      const home = await open()
      const { stdout } = await run(home, ['discover', '--json'])
      expect(JSON.parse(stdout)).toMatchObject({
        schema: 'kattila.discovery/1',
        candidates: [at],
        probed: 1,
        agents: [
          {
            agent_id: agentId(0xabcd),
            address: at,
            url: expect.stringMatching(`:${home.env.KATTILA_AGENT_PORT}$`),
            rtt_ms: expect.any(Number),
            relay: { available: true, hops: 1 },
            other_addresses: [],
          },
        ],
      })
    })

    test('leaves out the agent of this host', async () => {
      const home = await open({ '127.0.0.1': agent(0xabcd) })
      const { stdout } = await run(home, ['discover'])
      expect(stdout).toBe('no agent found, 1 address asked\n')
    })

    test('on a terminal tells its progress on one line, which is gone at the end', async () => {
      const home = await open()
      const child = spawn('script', ['-qefc', `stty cols 60; exec '${LAUNCHER}' discover`, '/dev/null'], home)
      const terminal = new xterm.Terminal({ cols: 60, rows: 10, allowProposedApi: true })
      let raw = ''
      child.stdout.on('data', (chunk) => {
        raw += chunk
        terminal.write(chunk)
      })
      await new Promise((resolve) => child.on('close', resolve))
      await new Promise<void>((resolve) => terminal.write('', resolve))
      expect(raw).toMatch('asking 1 of 1 addresses, 1 answered')
      const lines = Array.from({ length: 5 }, (_, y) =>
        terminal.buffer.active.getLine(y)?.translateToString(true),
      )
      expect(lines).toEqual([
        expect.stringMatching(/^AGENT/),
        expect.stringMatching(/^00000000/),
        '',
        '1 agent found, 1 address asked',
        '',
      ])
    })

    test('Ctrl-C ends it soon with what was found until then', async () => {
      let interrupt = (): unknown => undefined
      const { port } = await openNeighbours({ [at]: () => interrupt() })
      const home = makeWireguardHome([HOST_PREFIX ?? ''], { KATTILA_AGENT_PORT: String(port) })
      const { child, ended } = start(home, ['discover', '--json'])
      interrupt = () => child.kill('SIGINT')
      const { status, stdout } = await ended
      expect(status).toBe(130)
      expect(JSON.parse(stdout)).toMatchObject({ schema: 'kattila.discovery/1', agents: [] })
    })
  },
)
