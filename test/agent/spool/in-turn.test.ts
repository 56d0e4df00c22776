import { expect, test } from 'vitest'
import { createInTurn } from '../../../src/agent/spool/in-turn.js'

test('work that fails fails for whoever gave it, and what comes after is done', async () => {
  const inTurn = createInTurn()
  const failing = inTurn(() => Promise.reject(new Error('no')))
  const next = inTurn(async () => 'done')
  await expect(failing).rejects.toThrow('no')
  expect(await next).toBe('done')
})
