import { Box, render, Static, Text } from 'ink'
import { type InkTable, loadInkTable } from '../ink-table.js'
import type { AgentFacts } from '../text/agent.js'
import { cut } from '../text/table.js'
import { formatLive, nextSteps, type Place } from './lines.js'

/** What the screen shows. `said` are log lines, oldest first; they scroll away above the live part. */
export type UpView = {
  readonly places: readonly Place[]
  readonly agentId: string
  readonly agent: AgentFacts | undefined
  readonly said: readonly string[]
  readonly now: number
}

export type UpScreen = {
  readonly draw: (view: UpView) => void
  /** Leaves the last frame standing and gives the terminal back. */
  readonly close: () => Promise<void>
}

/** Opens the live screen of `kattila up` on a terminal: what is printed once, and below it what changes. */
export function openUpScreen(view: UpView, stdout: NodeJS.WriteStream): UpScreen {
  const Table = loadInkTable()
  const size = () => ({ columns: stdout.columns, rows: stdout.rows })
  const element = (shown: UpView) => <Screen view={shown} Table={Table} size={size()} />
  const screen = render(element(view), {
    stdout,
    exitOnCtrlC: false,
    patchConsole: false,
    incrementalRendering: true,
    interactive: true,
  })
  return {
    draw: (shown) => screen.rerender(element(shown)),
    close: async () => {
      screen.unmount()
      await screen.waitUntilExit()
    },
  }
}

type ScreenProps = {
  readonly view: UpView
  readonly Table: InkTable
  readonly size: { readonly columns: number; readonly rows: number }
}

/** Borders and padding of a table of two columns, in cells. */
const TABLE_FRAME = 7
/** Lines below the live part, and one that the cursor stands on. */
const FOOTER_LINES = 3

function Screen({ view, Table, size }: ScreenProps) {
  const whatWidth = Math.max(...view.places.map(({ what }) => what.length))
  const rows = view.places.map(({ what, where }) => ({
    what,
    where: cut(where, Math.max(8, size.columns - whatWidth - TABLE_FRAME)),
  }))
  const once = [
    { key: 'places', line: undefined },
    ...view.said.map((line, i) => ({ key: `said${i}`, line })),
  ]
  const [title, ...lines] = formatLive(view.agent, { ...size, rows: size.rows - FOOTER_LINES }, view.now)
  return (
    <>
      <Static items={once}>
        {({ key, line }) =>
          line === undefined ? (
            <Box key={key} flexDirection="column">
              <Table data={rows} />
              {nextSteps(view.agentId.slice(0, 8)).map((step) => (
                <Text key={step} wrap="truncate">
                  {step}
                </Text>
              ))}
              <Text> </Text>
            </Box>
          ) : (
            <Text key={key} wrap="truncate">
              {line}
            </Text>
          )
        }
      </Static>
      <Text bold>{title}</Text>
      <Text>{[...lines, ''].join('\n')}</Text>
      <Text dimColor>Ctrl-C stops manager and agent</Text>
    </>
  )
}
