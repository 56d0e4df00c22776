import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/protocol.md'), 'utf8')
const vectors = JSON.parse(readFileSync(join(root, 'test/fixtures/protocol-vectors.json'), 'utf8'))

test.each([
  ['the secret', vectors.secret],
  ['the public key', vectors.agent.public_key],
  ['the text of the report', vectors.report.mac_input],
  ['the hmac of the report', vectors.report.hmac],
  ['the signature of the report', vectors.report.sig],
  ['the text of the acknowledgement', vectors.acknowledgement.mac_input],
  ['the mac of the acknowledgement', vectors.acknowledgement.mac],
  ['the mac of the rejection', vectors.rejection.mac],
  ['the text of the hop', vectors.hop.mac_input],
  ['the hop header', vectors.hop.header],
  ['the authorisation of a GET', vectors.get_authorisation.header],
  ['the text of the fingerprint', vectors.psk_fingerprint.mac_input],
  ['the fingerprint', vectors.psk_fingerprint.fingerprint],
])('the protocol page quotes %s as the vectors have it', (_, value) => {
  expect(page).toContain(value)
})
