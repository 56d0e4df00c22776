import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createTxtResolver } from '../../../../src/core/node/dns.js'
import { findPskSource } from '../../../../src/core/node/psk/source.js'
import { openPskStore } from '../../../../src/core/node/psk/store.js'
import { resolveSettings } from '../../../../src/core/settings.js'
import { createRecordingLog } from '../../recording-log.js'
import { folderForEachTest } from '../../temporary-folder.js'
import { createVirtualClock } from '../../virtual-clock.js'
import { type DnsServer, openDnsServer, type Reply } from '../dns-server.js'

const folder = folderForEachTest()
let server: DnsServer
let reply: Reply
const publish = (secret: string) => {
  reply = { kind: 'records', records: [[Buffer.from('v=spf1 -all')], [Buffer.from(`kattila-psk=${secret}`)]] }
}
beforeEach(async () => {
  server = await openDnsServer(() => reply)
})
afterEach(() => server.close())

async function open(clock = createVirtualClock(0)) {
  const { log, lines } = createRecordingLog()
  const layer = {
    name: 'the environment',
    values: { DNS: '_kattila.example.org', KATTILA_DATA_DIR: folder() },
  }
  const settings = resolveSettings([layer], { stateHome: '', dataHome: '' })
  const source = findPskSource(settings, createTxtResolver([server.address]))
  const store = await openPskStore(source, join(folder(), 'manager.keyring.json'), clock, log)
  return { store, lines, accepted: () => store.accepted().map(String) }
}

test('a secret rotated at the name server is found without a restart, and the last good one outlives the name', async () => {
  publish('the first published secret')
  const { store, accepted } = await open()
  expect(accepted()).toEqual(['the first published secret'])

  publish('the second published secret')
  expect(await store.refreshAfterRefusal()).toBe(true)
  expect(accepted()).toEqual(['the second published secret', 'the first published secret'])

  reply = { kind: 'code', code: 3 }
  const later = await open()
  expect(later.accepted()).toEqual(['the second published secret', 'the first published secret'])
  expect(later.store.unavailable()).toBe('_kattila.example.org: the name does not exist')
})

test('without a kept secret a name that does not exist is an error that names it', async () => {
  reply = { kind: 'code', code: 3 }
  await expect(open()).rejects.toMatchObject({
    code: 'secret_unavailable',
    message:
      'the fleet secret cannot be used: TXT record of _kattila.example.org: _kattila.example.org: the name does not exist',
  })
})

test('a short secret at the name server is counted and never quoted', async () => {
  publish('opensesame')
  await expect(open()).rejects.toMatchObject({ message: expect.stringContaining('it has 10 bytes') })
  await expect(open()).rejects.toMatchObject({ message: expect.not.stringContaining('opensesame') })
})
