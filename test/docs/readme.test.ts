import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { flagValues } from '../../src/commands/base/setting-flags.js'
import { EXIT_MEANING, EXIT_STATUS } from '../../src/core/error.js'

const root = join(import.meta.dirname, '../..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')

test('the README has the exit statuses of the code, each with its meaning', () => {
  const rows = Object.entries(EXIT_STATUS).map(
    ([code, status]) => `| ${status} | ${EXIT_MEANING[code as keyof typeof EXIT_STATUS]} |`,
  )
  expect(readme).toContain(rows.join('\n'))
})

test('the README names every setting', () => {
  const settings = readFileSync(join(root, 'src/core/settings.ts'), 'utf8')
  const variables = [...settings.matchAll(/setting(?:<[^(]*>)?\(\s*'([A-Z_]+)'/g)].map((match) => match[1])
  expect(variables.length).toBeGreaterThan(15)
  expect(variables.filter((variable) => !readme.includes(`\`${variable}\``))).toEqual([])
})

test('every flag of a setting stands for a setting that exists', () => {
  const settings = readFileSync(join(root, 'src/core/settings.ts'), 'utf8')
  expect(Object.keys(flagValues({})).filter((variable) => !settings.includes(`'${variable}'`))).toEqual([])
})

test('the README names every command', () => {
  const { commands } = JSON.parse(readFileSync(join(root, 'oclif.manifest.json'), 'utf8'))
  const names = Object.keys(commands).map((id) => `kattila ${id.replaceAll(':', ' ')}`)
  expect(names.filter((name) => !readme.includes(name))).toEqual([])
})
