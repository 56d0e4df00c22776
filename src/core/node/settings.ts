import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { parseEnv } from 'node:util'
import { KattilaError, reasonOf } from '../error.js'
import { type Layer, resolveSettings, type Settings } from '../settings.js'
import { isErrno } from './private-files.js'

const FILES = ['.env', '/etc/kattila/kattila.env']

/** Settings given by flags, as `variable → value`; absent flags are undefined. */
export type FlagValues = Layer['values']

/** Reads the settings of this process: flags > environment > .env > /etc/kattila/kattila.env > defaults. */
export function readSettings(flags: FlagValues, env: NodeJS.ProcessEnv = process.env): Settings {
  const layers: Layer[] = [
    { name: 'a flag', values: flags },
    { name: 'the environment', values: env },
    ...FILES.map((path) => ({ name: path, values: readEnvFile(path) })),
  ]
  const home = env.HOME || homedir()
  return resolveSettings(layers, {
    stateHome: env.XDG_STATE_HOME || `${home}/.local/state`,
    dataHome: env.XDG_DATA_HOME || `${home}/.local/share`,
  })
}

function readEnvFile(path: string): FlagValues {
  try {
    return parseEnv(readFileSync(path, 'utf8'))
  } catch (cause) {
    if (isErrno(cause, 'ENOENT') || isErrno(cause, 'ENOTDIR')) return {}
    throw new KattilaError('configuration', `${path} cannot be read: ${reasonOf(cause)}`, {
      cause,
      suggestion: 'run this as a user who may read it',
    })
  }
}
