import { expect, test } from 'vitest'
import { parseBootId } from '../../../src/agent/boot-id.js'
import {
  parseForwarding,
  parseLoad,
  parseMemory,
  parseUptime,
  system,
} from '../../../src/agent/collectors/system.js'
import { failed, openFixtureHost } from '../fixture-host.js'

test('uptime is in whole seconds', () => {
  expect(parseUptime('838.40 1588.00\n')).toBe(838)
  expect(parseUptime('')).toBeUndefined()
})

test('load is the three averages', () => {
  expect(parseLoad('0.10 0.20 12.30 1/100 1\n')).toEqual([0.1, 0.2, 12.3])
  expect(parseLoad('0.10 0.20\n')).toBeUndefined()
})

test('memory is in bytes', () => {
  const text = 'MemTotal:        2012132 kB\nMemFree:         1864212 kB\nMemAvailable:    1829980 kB\n'
  expect(parseMemory(text)).toEqual({ totalBytes: 2_060_423_168, availableBytes: 1_873_899_520 })
  expect(parseMemory('MemTotal:        2012132 kB\n')).toBeUndefined()
})

test.each([
  ['0\n', false],
  ['1\n', true],
  ['2\n', true],
  ['on\n', undefined],
])('forwarding %j is %s', (text, isOn) => {
  expect(parseForwarding(text)).toBe(isOn)
})

test('a boot id has no dashes', () => {
  expect(parseBootId('37b2f2ae-e171-436e-9e35-51f51361d465\n')).toBe('37b2f2aee171436e9e3551f51361d465')
})

test('a kernel without IPv6 does not forward it', async () => {
  const { host } = openFixtureHost('mesh6-n1-healthy', {
    files: { '/proc/sys/net/ipv6/conf/all/forwarding': failed('not_found', 'no such file') },
  })
  const { sections, failures } = await system.collect(host)
  expect(sections.system?.forwarding).toEqual({ ipv4: false, ipv6: false })
  expect(failures).toEqual([])
})

test('a part that cannot be read or understood is null with a failure, and the others are there', async () => {
  const { host } = openFixtureHost('mesh6-n1-healthy', {
    files: { '/proc/meminfo': failed('not_permitted', 'no'), '/proc/loadavg': 'busy' },
  })
  const { sections, failures } = await system.collect(host)
  expect(sections.system).toMatchObject({ memory: null, load: null, uptimeS: 2884 })
  expect(failures).toEqual([
    { collector: 'system', code: 'unparsable', message: '/proc/loadavg does not read as it should' },
    { collector: 'system', code: 'not_permitted', message: 'no' },
  ])
})

test('a filesystem that does not answer is left out with a failure', async () => {
  const { host } = openFixtureHost('mesh6-n1-healthy', {
    files: { '/proc/mounts': '/dev/vda / ext4 rw 0 0\n/dev/vdb /data ext4 rw 0 0\n' },
  })
  const stuck: typeof host = {
    ...host,
    readSpace: (mount) =>
      mount === '/data' ? Promise.resolve(failed('timeout', '/data is stuck')) : host.readSpace(mount),
  }
  const { sections, failures } = await system.collect(stuck)
  expect(sections.system?.filesystems?.map(({ mount }) => mount)).toEqual(['/'])
  expect(failures).toEqual([{ collector: 'system', code: 'timeout', message: '/data is stuck' }])
})
