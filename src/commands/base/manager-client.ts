import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { KattilaError, reasonOf } from '../../core/error.js'
import { openHttpClient } from '../../core/node/http.js'
import type { Settings } from '../../core/settings.js'

/** A manager's answer is awaited for this long, ms. */
const TIMEOUT_MS = 10_000

/** Where the operator token was looked for, and the token. */
async function readToken(settings: Settings): Promise<string> {
  if (settings.token !== null) return settings.token
  const path = settings.tokenFile ?? join(settings.dataDir, 'operator.token')
  try {
    return (await readFile(path, 'utf8')).trim()
  } catch (cause) {
    throw new KattilaError('configuration', `the operator token cannot be read: ${reasonOf(cause)}`, {
      cause,
      suggestion:
        'run this as the user that runs the manager, or set KATTILA_TOKEN_FILE (--token-file) or KATTILA_TOKEN',
    })
  }
}

/**
 * Asks the first manager that answers, as its operator, and gives the JSON of its answer; with
 * `order` it is a POST that changes something.
 */
export async function askManager<T>(settings: Settings, path: string, order?: object): Promise<T> {
  const token = await readToken(settings)
  const http = openHttpClient()
  const failures: string[] = []
  try {
    for (const url of settings.managerUrls) {
      const answer = await http.send({
        method: order ? 'POST' : 'GET',
        url: `${url}${path}`,
        headers: { authorization: `Bearer ${token}` },
        ...(order ? { body: JSON.stringify(order) } : {}),
        timeoutMs: TIMEOUT_MS,
      })
      if (answer.kind === 'answer') return decode<T>(url, answer.status, answer.body)
      failures.push(`${url}: ${answer.message}`)
    }
  } finally {
    http.close()
  }
  throw new KattilaError('manager_unreachable', `no manager answers: ${failures.join('; ')}`, {
    suggestion: 'start one with kattila up or kattila manager serve, or set MANAGER_URL (--manager-url)',
  })
}

function decode<T>(url: string, status: number, body: string): T {
  if (status === 401) {
    throw new KattilaError('configuration', `the manager at ${url} refuses this operator token`, {
      suggestion:
        'point KATTILA_TOKEN_FILE (--token-file) at operator.token in that manager’s data directory',
    })
  }
  try {
    if (status === 200) return JSON.parse(body) as T
  } catch {
    throw notAManager(url, status)
  }
  throw notAManager(url, status)
}

function notAManager(url: string, status: number): KattilaError {
  return new KattilaError(
    'manager_unreachable',
    `what answers at ${url} (status ${status}) is no kattila manager, or not well`,
    {
      suggestion: 'check MANAGER_URL (--manager-url) and the manager’s log',
    },
  )
}
