/**
 * How deeply a JSON text nests: 0 for a bare value, 1 for `{}`, 2 for `{"a":[]}`. Stops counting
 * one past `limit`. Looks at brackets outside strings only, so it is safe before parsing.
 */
export function nestingDepth(json: string, limit: number): number {
  let depth = 0
  let deepest = 0
  let isInString = false
  for (let i = 0; i < json.length; i++) {
    const c = json.charCodeAt(i)
    if (isInString) {
      if (c === BACKSLASH) i++
      else if (c === QUOTE) isInString = false
    } else if (c === QUOTE) isInString = true
    else if (c === OPEN_BRACE || c === OPEN_BRACKET) {
      depth++
      if (depth > deepest) deepest = depth
      if (deepest > limit) return deepest
    } else if (c === CLOSE_BRACE || c === CLOSE_BRACKET) depth--
  }
  return deepest
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
