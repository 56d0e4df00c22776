// Puts the commands of oclif.manifest.json in order: oclif lists them as the filesystem does, so that
// the same commands would give another file on another machine.
import { readFileSync, writeFileSync } from 'node:fs'

const path = new URL('../oclif.manifest.json', import.meta.url)
const { commands, ...rest } = JSON.parse(readFileSync(path, 'utf8'))
const sorted = Object.fromEntries(Object.entries(commands).sort(([a], [b]) => (a < b ? -1 : 1)))
writeFileSync(path, `${JSON.stringify({ commands: sorted, ...rest }, null, 2)}\n`)
