import { Flags } from '@oclif/core'

/** Flags that stand for a setting: the variable of the same meaning, what it is, and its value in help. A secret is never a flag. */
const SETTING_FLAGS = {
  dns: ['DNS', 'name of the TXT record that holds the fleet secret', 'NAME'],
  'psk-file': ['KATTILA_PSK_FILE', 'file that holds the fleet secret', 'FILE'],
  'manager-url': ['MANAGER_URL', 'manager to talk to; several are tried in their order', 'URL[,URL…]'],
  fleet: ['KATTILA_FLEET', 'name of the fleet', 'NAME'],
  interval: ['KATTILA_INTERVAL_S', 'seconds between two reports', 'SECONDS'],
  labels: ['KATTILA_LABELS', 'labels of this host', 'NAME=VALUE[,…]'],
  'state-dir': ['KATTILA_STATE_DIR', 'directory of the agent’s identity', 'DIR'],
  'data-dir': ['KATTILA_DATA_DIR', 'directory of the manager’s database and token', 'DIR'],
  host: ['KATTILA_HOST', 'address the manager listens on', 'ADDRESS'],
  port: ['KATTILA_PORT', 'port the manager listens on', 'PORT'],
  'token-file': ['KATTILA_TOKEN_FILE', 'file that holds the operator token', 'FILE'],
  'retention-hours': ['KATTILA_RETENTION_HOURS', 'how long raw reports are kept', 'HOURS'],
  'max-db-mib': ['KATTILA_MAX_DB_MIB', 'size at which the oldest raw reports go earlier', 'MIB'],
  log: ['KATTILA_LOG', 'least level that is logged: debug, info, warn, error, silent', 'LEVEL'],
} as const

type SettingFlag = keyof typeof SETTING_FLAGS

/** The flag definitions of a command that reads these settings. */
export function settingFlags<F extends SettingFlag>(...names: readonly F[]) {
  const definitions = names.map((name) => {
    const [variable, description, helpValue] = SETTING_FLAGS[name]
    return [
      name,
      Flags.string({ description: `${description} [${variable}]`, helpValue, helpGroup: 'SETTING' }),
    ] as const
  })
  return Object.fromEntries(definitions) as Record<F, ReturnType<typeof Flags.string>>
}

/** What the parsed flags of a command set, by variable. */
export function flagValues(flags: Readonly<Record<string, unknown>>): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(SETTING_FLAGS).map(([name, [variable]]) => [variable, flags[name] as string | undefined]),
  )
}
