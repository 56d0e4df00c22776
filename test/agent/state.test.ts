import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openAgentState } from '../../src/agent/state.js'
import { runTypescript, sourceUrl } from '../core/node/run-typescript.js'
import { folderForEachTest } from '../core/temporary-folder.js'

const folder = folderForEachTest()
const directory = () => join(folder(), 'a/state')
const FILES = ['agent_id.txt', 'ed25519.pem', 'tick']
const script = `
  import { openAgentState } from '${sourceUrl('agent/state.ts')}'
  const [directory, startAt] = process.argv.slice(1)
  while (Date.now() < Number(startAt));
  const { agentId, identity } = await openAgentState(directory)
  console.log(agentId, identity.publicKey)`

test('an agent is the same one after a restart', async () => {
  const first = await openAgentState(directory())
  expect(first).toMatchObject({ agentId: expect.stringMatching(/^[0-9a-f]{32}$/), lastTick: 0 })
  await first.saveTick(41)
  const again = await openAgentState(directory())
  expect(again).toMatchObject({ agentId: first.agentId, lastTick: 41 })
  expect(again.identity.publicKey).toBe(first.identity.publicKey)
})

test('two new agents are two', async () => {
  const [one, other] = [await openAgentState(directory()), await openAgentState(join(folder(), 'b'))]
  expect(one.agentId).not.toBe(other.agentId)
  expect(one.identity.publicKey).not.toBe(other.identity.publicKey)
})

test.for(['umask 0', 'umask 077'])('under %s the directory is 0700 and its files 0600', async (before) => {
  expect(await runTypescript(script, { before, args: [directory(), '0'] })).toMatchObject({ status: 0 })
  for (const made of ['a', 'a/state']) expect(statSync(join(folder(), made)).mode & 0o777).toBe(0o700)
  expect(readdirSync(directory()).toSorted()).toEqual(FILES)
  for (const file of FILES) expect(statSync(join(directory(), file)).mode & 0o777).toBe(0o600)
  const state = await openAgentState(directory())
  await state.saveTick(1)
  expect(statSync(join(directory(), 'tick')).mode & 0o777).toBe(0o600)
})

test('processes that create it at once agree on one agent', async () => {
  const args = [directory(), String(Date.now() + 500)]
  const ended = await Promise.all(Array.from({ length: 3 }, () => runTypescript(script, { args })))
  const state = await openAgentState(directory())
  const expected = { status: 0, stdout: `${state.agentId} ${state.identity.publicKey}\n`, stderr: '' }
  expect(ended).toEqual([expected, expected, expected])
})

describe('a damaged file', () => {
  test.for([
    ['agent_id.txt', ''],
    ['agent_id.txt', 'ABCDEF'],
    ['agent_id.txt', `${'a'.repeat(32)}\n${'b'.repeat(32)}\n`],
    ['ed25519.pem', ''],
    ['ed25519.pem', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'],
    ['tick', ''],
    ['tick', '-1\n'],
    ['tick', '12x\n'],
    ['tick', '9'.repeat(16)],
  ] as const)('%s of %j is refused by name with a way out, and left as it is', async ([file, content]) => {
    await openAgentState(directory())
    writeFileSync(join(directory(), file), content)
    await expect(openAgentState(directory())).rejects.toMatchObject({
      code: 'configuration',
      message: expect.stringContaining(`${join(directory(), file)} is damaged`),
      suggestion: expect.stringContaining('restore the file from a backup'),
    })
    expect(readFileSync(join(directory(), file), 'utf8')).toBe(content)
  })

  test('of the key is told without what is in it', async () => {
    await openAgentState(directory())
    writeFileSync(join(directory(), 'ed25519.pem'), 'opensesame')
    const thrown = await openAgentState(directory()).catch((error) => error)
    expect(`${thrown.message} ${thrown.suggestion}`).not.toContain('opensesame')
  })
})

test('a directory in the place of a file is an error with the way out', async () => {
  writeFileSync(join(folder(), 'a'), '')
  await expect(openAgentState(directory())).rejects.toMatchObject({
    code: 'configuration',
    suggestion: expect.stringContaining('KATTILA_STATE_DIR'),
  })
})

describe('a reset', () => {
  test('makes it a new agent without a tick, at once and after a restart', async () => {
    const state = await openAgentState(directory())
    await state.saveTick(41)
    const { agentId, identity } = state
    await state.reset()
    expect(state.agentId).toMatch(/^[0-9a-f]{32}$/)
    expect(state.agentId).not.toBe(agentId)
    expect(state.identity.publicKey).not.toBe(identity.publicKey)
    expect(state.lastTick).toBe(0)
    const again = await openAgentState(directory())
    expect(again).toMatchObject({ agentId: state.agentId, lastTick: 0 })
    expect(again.identity.publicKey).toBe(state.identity.publicKey)
    for (const file of FILES) expect(statSync(join(directory(), file)).mode & 0o777).toBe(0o600)
  })

  test('leaves what is not its own where it is', async () => {
    const state = await openAgentState(directory())
    writeFileSync(join(directory(), 'agent.token'), 'the token')
    await state.reset()
    expect(readdirSync(directory()).toSorted()).toEqual(['agent.token', ...FILES].toSorted())
  })

  test.for(FILES)('makes a new agent also where %s is gone already', async (file) => {
    const state = await openAgentState(directory())
    const { agentId, identity } = state
    rmSync(join(directory(), file))
    await state.reset()
    expect(state.agentId).not.toBe(agentId)
    expect(state.identity.publicKey).not.toBe(identity.publicKey)
    expect(readdirSync(directory()).toSorted()).toEqual(FILES)
  })
})
