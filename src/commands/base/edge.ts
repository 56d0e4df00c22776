import { Errors } from '@oclif/core'
import { type ErrorCode, EXIT_STATUS, KattilaError, reasonOf } from '../../core/error.js'
import { safeText } from '../../core/text.js'

/** How a failed command speaks JSON. */
export type ErrorDocument = {
  readonly error: { readonly code: ErrorCode; readonly message: string; readonly suggestion?: string }
}

/** The edge: turns anything thrown into an exit status, a text for people and a JSON document. */
export function describeError(thrown: unknown): { status: number; text: string; document: ErrorDocument } {
  const { code, message, suggestion } = classify(thrown)
  const lines = [
    `kattila: ${safeText(message)}`,
    ...(suggestion === undefined ? [] : [`  → ${safeText(suggestion)}`]),
  ]
  return {
    status: EXIT_STATUS[code],
    text: `${lines.join('\n')}\n`,
    document: { error: { code, message, ...(suggestion === undefined ? {} : { suggestion }) } },
  }
}

function classify(thrown: unknown): { code: ErrorCode; message: string; suggestion?: string | undefined } {
  if (thrown instanceof KattilaError) return thrown
  if (thrown instanceof Errors.CLIError) {
    const [message = 'wrong usage'] = thrown.message.split('\n')
    return {
      code: 'usage',
      message: message.replace(/:$/, ''),
      suggestion: 'add --help to see the flags, arguments and examples',
    }
  }
  return {
    code: 'internal',
    message: `internal error: ${reasonOf(thrown)}`,
    suggestion: 'this is a bug in kattila; please report it with the command and its output',
  }
}
