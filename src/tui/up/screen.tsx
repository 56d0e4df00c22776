import { Box, render, Static, Text } from 'ink'
import { type InkTable, loadInkTable } from '../ink-table.js'
import type { AgentFacts } from '../text/agent.js'
import { cut } from '../text/table.js'
import { formatLive, nextStep, type Place } from './lines.js'

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

/** A table without lines keeps only the padding of its two columns, in cells. */
const TABLE_PADDING = 4
/** Lines below the live part, and one that the cursor stands on. */
const FOOTER_LINES = 2
/** However small the terminal, the live part keeps this many lines; what stands above it scrolls away. */
const LEAST_LIVE_LINES = 8

const noLine = () => null

function Screen({ view, Table, size }: ScreenProps) {
  const whatWidth = Math.max(...view.places.map(({ what }) => what.length))
  const room = Math.max(8, size.columns - whatWidth - TABLE_PADDING)
  const places = view.places.map(({ what, where }) => ({ what, where: cut(where, room) }))
  const once = [{ key: 'places', line: '' }, ...view.said.map((line, i) => ({ key: `said ${i}`, line }))]
  const rows = Math.max(LEAST_LIVE_LINES, size.rows - places.length - once.length - 2 - FOOTER_LINES)
  const [title, ...lines] = formatLive(view.agent, { ...size, rows }, view.now)
  return (
    <>
      <Static items={once}>
        {({ key, line }) =>
          key === 'places' ? (
            <Box key={key} flexDirection="column">
              <Table data={places} skeleton={noLine} />
              <Text>{`${cut(nextStep(view.agentId.slice(0, 8)), size.columns)}\n`}</Text>
            </Box>
          ) : (
            <Text key={key}>{cut(line, size.columns)}</Text>
          )
        }
      </Static>
      <Text bold>{title}</Text>
      <Text>{lines.join('\n')}</Text>
      <Text dimColor>Ctrl-C stops manager and agent</Text>
    </>
  )
}
