import { describe, expect, test } from 'vitest'
import { KattilaError } from '../../src/core/error.js'
import { type Layer, resolveSettings } from '../../src/core/settings.js'

const HOME = { stateHome: '/home/x/.local/state', dataHome: '/home/x/.local/share' }
const LAYERS = ['a flag', 'the environment', '.env', '/etc/kattila/kattila.env']

const resolve = (...layers: Layer['values'][]) =>
  resolveSettings(
    layers.map((values, i) => ({ name: LAYERS[i] ?? '', values })),
    HOME,
  )
function faultOf(values: Layer['values'], at = 1): KattilaError {
  const layers = LAYERS.map((name, i) => ({ name, values: i === at ? values : {} }))
  try {
    resolveSettings(layers, HOME)
  } catch (thrown) {
    if (thrown instanceof KattilaError) return thrown
    throw thrown
  }
  throw new Error('no fault was found')
}

test('without any layer every setting has its default', () => {
  expect(resolve()).toEqual({
    dns: null,
    managerUrls: ['http://127.0.0.1:5086'],
    psk: null,
    pskFile: null,
    fleet: 'default',
    intervalS: 30,
    labels: {},
    stateDir: '/home/x/.local/state/kattila',
    dataDir: '/home/x/.local/share/kattila',
    host: '127.0.0.1',
    port: 5086,
    agentHost: null,
    agentPort: 5087,
    token: null,
    tokenFile: null,
    retentionHours: 24,
    maxDatabaseMib: 2048,
    spoolMib: 64,
    spoolHours: 24,
    log: 'info',
    origins: {},
  })
})

describe('precedence', () => {
  const values = LAYERS.map((_, i) => ({ KATTILA_FLEET: `fleet ${i}` }))

  test.for(LAYERS.map((name, i) => [name, i] as const))('%s is asked before what is weaker', ([name, i]) => {
    const layers = values.map((layer, at) => (at < i ? {} : layer))
    expect(resolve(...layers)).toMatchObject({ fleet: `fleet ${i}`, origins: { KATTILA_FLEET: name } })
  })

  test('an empty value counts as not set, in every layer', () => {
    for (let i = 0; i < LAYERS.length; i++) {
      const layers = values.map((layer, at) => (at <= i ? { KATTILA_FLEET: '' } : layer))
      expect(resolve(...layers).fleet).toBe(i === LAYERS.length - 1 ? 'default' : `fleet ${i + 1}`)
    }
  })

  test('each setting is looked up on its own', () => {
    const settings = resolve({ KATTILA_PORT: '1' }, { KATTILA_HOST: '::' }, {}, { KATTILA_FLEET: 'x' })
    expect(settings).toMatchObject({ port: 1, host: '::', fleet: 'x', intervalS: 30 })
    expect(settings.origins).toEqual({
      KATTILA_PORT: 'a flag',
      KATTILA_HOST: 'the environment',
      KATTILA_FLEET: '/etc/kattila/kattila.env',
    })
  })
})

describe('values', () => {
  test('managers are several, in order, without slashes at their ends', () => {
    const { managerUrls } = resolve({ MANAGER_URL: 'http://b:5086/ , https://a/x/,http://[fd00::1]:1' })
    expect(managerUrls).toEqual(['http://b:5086', 'https://a/x', 'http://[fd00::1]:1'])
  })

  test('labels are name=value, a value may hold an equals sign or nothing', () => {
    expect(resolve({ KATTILA_LABELS: 'site=hel, plane=edge,eq=a=b,none=' }).labels).toEqual({
      site: 'hel',
      plane: 'edge',
      eq: 'a=b',
      none: '',
    })
  })

  test.for([
    ['KATTILA_INTERVAL_S', '1', 'intervalS', 1],
    ['KATTILA_INTERVAL_S', '3600', 'intervalS', 3600],
    ['KATTILA_PORT', '0', 'port', 0],
    ['KATTILA_PORT', '65535', 'port', 65_535],
    ['KATTILA_MAX_DB_MIB', '16', 'maxDatabaseMib', 16],
  ] as const)('%s may be %s', ([name, text, setting, value]) => {
    expect(resolve({ [name]: text })).toMatchObject({ [setting]: value })
  })

  test.for(['_kattila.example.org', 'kattila', 'a-b.c_d.example.'])('DNS may be %s', (dns) => {
    expect(resolve({ DNS: dns }).dns).toBe(dns)
  })
})

const FAULTS: readonly (readonly [string, string])[] = [
  ['DNS', 'not a name'],
  ['DNS', '-x'],
  ['DNS', 'a'.repeat(254)],
  ['MANAGER_URL', '10.0.0.1:5086'],
  ['MANAGER_URL', 'ftp://a'],
  ['MANAGER_URL', 'http://a,'],
  ['MANAGER_URL', 'http://a:99999'],
  ['MANAGER_URL', 'http://a/?x=1'],
  ['MANAGER_URL', 'http://a/#x'],
  ['MANAGER_URL', 'http://user:opensesame@a'],
  ['KATTILA_INTERVAL_S', '0'],
  ['KATTILA_INTERVAL_S', '3601'],
  ['KATTILA_INTERVAL_S', '1.5'],
  ['KATTILA_INTERVAL_S', '30s'],
  ['KATTILA_INTERVAL_S', '-1'],
  ['KATTILA_INTERVAL_S', '0x10'],
  ['KATTILA_PORT', '65536'],
  ['KATTILA_AGENT_PORT', 'http'],
  ['KATTILA_LABELS', 'site'],
  ['KATTILA_LABELS', 'site=hel,'],
  ['KATTILA_LABELS', 'a b=c'],
  ['KATTILA_RETENTION_HOURS', '0'],
  ['KATTILA_MAX_DB_MIB', '15'],
  ['KATTILA_LOG', 'verbose'],
]

describe('a fault', () => {
  test.for(FAULTS)('in %s, %s, is named with variable, layer and fix', ([name, value]) => {
    LAYERS.forEach((layer, at) => {
      const fault = faultOf({ [name]: value }, at)
      expect(fault.code).toBe('configuration')
      expect(fault.message).toContain(`${name}=`)
      expect(fault.message).toContain(`(from ${layer})`)
      expect(fault.suggestion).toMatch(/^(set|write) /)
    })
  })

  test('shows the value, where that is no secret', () => {
    expect(faultOf({ KATTILA_PORT: 'http' }).message).toBe(
      'KATTILA_PORT="http" (from the environment) is not a whole number from 0 to 65535',
    )
  })

  test('in a stronger layer is not healed by a weaker one', () => {
    expect(() => resolve({ KATTILA_PORT: 'http' }, { KATTILA_PORT: '5086' })).toThrow('KATTILA_PORT')
  })

  test.for([
    'http://user:opensesame@a',
    'ftp://user:opensesame@a',
    'http://ok,http://user:opensesame@a:99999',
    'http://user:opensesame@a,nonsense',
  ])('in a manager’s URL, %s, does not quote its password', (url) => {
    const { message, suggestion } = faultOf({ MANAGER_URL: url })
    expect(`${message} ${suggestion}`).not.toMatch(/opensesame/)
  })
})
