import { KattilaError } from './error.js'
import { AGENT_PORT, MANAGER_PORT, REPORT_INTERVAL_S } from './protocol/constants.js'

/** Where a setting's value came from, strongest first (issue 2). */
export type Layer = {
  /** `a flag`, `the environment`, `.env`, `/etc/kattila/kattila.env`: as a sentence names it. */
  readonly name: string
  readonly values: Readonly<Record<string, string | undefined>>
}

const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** A parser gives the value, or a fault: what is wrong with the text, and what would be right. */
type Parsed<T> = { readonly value: T } | { readonly fault: string; readonly fix: string }
type Setting<T> = {
  readonly env: string
  readonly parse: (text: string) => Parsed<T>
  readonly fallback: (home: Home) => T
  /** A secret's value is never quoted in a message. */
  readonly isSecret?: true
}

/** Directories the defaults hang from (XDG base directories). */
export type Home = { readonly stateHome: string; readonly dataHome: string }

const setting = <T>(
  env: string,
  parse: Setting<T>['parse'],
  fallback: Setting<T>['fallback'],
  isSecret?: true,
): Setting<T> => ({
  ...{ env, parse, fallback },
  ...(isSecret ? { isSecret } : {}),
})
const none = () => null

/** Every setting with its variable, parser and default; `docs/configuration.md` lists them for people. */
const SETTINGS = {
  dns: setting<string | null>('DNS', parseDnsName, none),
  managerUrls: setting<readonly string[]>('MANAGER_URL', parseUrls, () => [
    `http://127.0.0.1:${MANAGER_PORT}`,
  ]),
  psk: setting<string | null>('KATTILA_PSK', parseText, none, true),
  pskFile: setting<string | null>('KATTILA_PSK_FILE', parseText, none),
  fleet: setting('KATTILA_FLEET', parseText, () => 'default'),
  intervalS: setting('KATTILA_INTERVAL_S', numberBetween(1, 3600), () => REPORT_INTERVAL_S),
  labels: setting<Readonly<Record<string, string>>>('KATTILA_LABELS', parseLabels, () => ({})),
  stateDir: setting('KATTILA_STATE_DIR', parseText, (home) => `${home.stateHome}/kattila`),
  dataDir: setting('KATTILA_DATA_DIR', parseText, (home) => `${home.dataHome}/kattila`),
  host: setting('KATTILA_HOST', parseText, () => '127.0.0.1'),
  port: setting('KATTILA_PORT', numberBetween(0, 65535), () => MANAGER_PORT),
  agentHost: setting<string | null>('KATTILA_AGENT_HOST', parseText, none),
  agentPort: setting('KATTILA_AGENT_PORT', numberBetween(0, 65535), () => AGENT_PORT),
  token: setting<string | null>('KATTILA_TOKEN', parseText, none, true),
  tokenFile: setting<string | null>('KATTILA_TOKEN_FILE', parseText, none),
  retentionHours: setting('KATTILA_RETENTION_HOURS', numberBetween(1, 24 * 365), () => 24),
  maxDatabaseMib: setting('KATTILA_MAX_DB_MIB', numberBetween(16, 1_048_576), () => 2048),
  spoolMib: setting('KATTILA_SPOOL_MIB', numberBetween(1, 65_536), () => 64),
  spoolHours: setting('KATTILA_SPOOL_HOURS', numberBetween(1, 24 * 365), () => 24),
  log: setting<LogLevel>('KATTILA_LOG', parseLogLevel, () => 'info'),
} as const

type SettingTypes = {
  readonly [K in keyof typeof SETTINGS]: (typeof SETTINGS)[K] extends Setting<infer T> ? T : never
}

/** The settings of one run; `origins` names the layer of every value that is not a default, by variable. */
export type Settings = SettingTypes & { readonly origins: Readonly<Record<string, string>> }

/**
 * Resolves every setting from its layers, strongest first; an empty value counts as not set. Throws
 * a `configuration` error that names the variable, what is wrong with its value, and the fix.
 */
export function resolveSettings(layers: readonly Layer[], home: Home): Settings {
  const origins: Record<string, string> = {}
  const resolveOne = <T>({ env, parse, fallback, isSecret }: Setting<T>): T => {
    const layer = layers.find(({ values }) => values[env])
    const text = layer?.values[env]
    if (!layer || !text) return fallback(home)
    const parsed = parse(text)
    if ('fault' in parsed) {
      const shown = isSecret ? '' : `="${withoutUserInfo(text)}"`
      throw new KattilaError('configuration', `${env}${shown} (from ${layer.name}) ${parsed.fault}`, {
        suggestion: parsed.fix,
      })
    }
    origins[env] = layer.name
    return parsed.value
  }
  const entries = Object.entries(SETTINGS).map(([name, one]) => [name, resolveOne(one as Setting<unknown>)])
  return { ...(Object.fromEntries(entries) as SettingTypes), origins }
}

function parseText(text: string): Parsed<string> {
  return { value: text }
}

function parseDnsName(text: string): Parsed<string> {
  return /^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,252})$/.test(text)
    ? { value: text }
    : {
        fault: 'is not a DNS name',
        fix: 'set DNS to the name of the TXT record, e.g. DNS=_kattila.example.org',
      }
}

function parseUrls(text: string): Parsed<readonly string[]> {
  const fix = 'set it to one or several comma-separated URLs, e.g. MANAGER_URL=http://10.0.0.1:5086'
  const urls: string[] = []
  for (const part of text.split(',').map((piece) => piece.trim())) {
    const url = URL.canParse(part) ? new URL(part) : undefined
    if (!url || !['http:', 'https:'].includes(url.protocol))
      return { fault: `holds "${withoutUserInfo(part)}", which is no http or https URL`, fix }
    if (url.username || url.password) return { fault: 'carries a user name or password', fix }
    if (url.search || url.hash) return { fault: 'carries a query or a fragment', fix }
    urls.push(url.href.replace(/\/+$/, ''))
  }
  return { value: urls }
}

/** A password typed into a URL is not shown in a message, nor in the log that keeps it. */
function withoutUserInfo(text: string): string {
  return text.replace(/\/\/[^/?#]*@/g, '//…@')
}

function numberBetween(least: number, most: number): (text: string) => Parsed<number> {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
    return value >= least && value <= most
      ? { value }
      : {
          fault: `is not a whole number from ${least} to ${most}`,
          fix: `set it to a number from ${least} to ${most}`,
        }
  }
}

function parseLabels(text: string): Parsed<Readonly<Record<string, string>>> {
  const labels: Record<string, string> = {}
  for (const part of text.split(',').map((piece) => piece.trim())) {
    const match = /^([A-Za-z0-9_.-]+)=(.*)$/.exec(part)
    if (!match?.[1] || match[2] === undefined) {
      return {
        fault: `holds "${part}", which is no label`,
        fix: 'write labels as name=value, e.g. KATTILA_LABELS=site=hel,plane=edge',
      }
    }
    labels[match[1]] = match[2]
  }
  return { value: labels }
}

function parseLogLevel(text: string): Parsed<LogLevel> {
  const level = LOG_LEVELS.find((known) => known === text)
  return level
    ? { value: level }
    : { fault: 'is no log level', fix: `set it to one of: ${LOG_LEVELS.join(', ')}` }
}
