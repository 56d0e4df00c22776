/**
 * Whether a JSON text nests deeper than `limit`: `{}` has one level, `{"a":[]}` two. Counts brackets
 * outside strings and stops at the limit, so it is safe before parsing.
 */
export function isNestedDeeper(json: string, limit: number): boolean {
  let depth = 0
  for (let i = 0; i < json.length; i++) {
    const c = json[i]
    if (c === '"') i = endOfString(json, i)
    else if (c === '{' || c === '[') depth++
    else if (c === '}' || c === ']') depth--
    if (depth > limit) return true
  }
  return false
}

/** The index of the quote that ends the string which begins at `start`; past the end when none does. */
function endOfString(json: string, start: number): number {
  let i = start + 1
  while (i < json.length && json[i] !== '"') i += json[i] === '\\' ? 2 : 1
  return i
}
