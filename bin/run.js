// An old Node must still be able to parse this file, to say that it is too old: no static imports,
// no top-level await, no syntax younger than dynamic import.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

/**
 * @param {string} sentence
 * @param {number} exitCode
 */
function refuse(sentence, exitCode) {
  process.stderr.write(`${sentence}\n`)
  process.exitCode = exitCode
}

async function run() {
  const { existsSync } = await import('node:fs')
  const main = new URL('../dist/commands/base/main.js', import.meta.url)
  if (!existsSync(main)) return refuse('kattila is not built: run npm start or npm run build', 70)
  const kattila = await import(main.href)
  await kattila.main(process.argv.slice(2), import.meta.url)
}

if (major > 22 || (major === 22 && minor >= 19)) void run()
else refuse(`kattila needs Node 22.19 or newer and found ${process.version}: start it with bin/kattila`, 3)
