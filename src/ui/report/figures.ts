import type { SensitivityReport } from '../../measurement-records'
import type { ModuleRecord } from '../../records'
import type { ModuleLike } from '../../state/modules'
import { type MapTheme, signed } from '../maps/colour'
import { drawDivergence, layoutDivergence } from '../maps/divergence-chart'
import type { Draw } from '../maps/figure'
import { drawLegend, LEGEND_HEIGHT, LEGEND_WIDTH } from '../maps/legend'
import { modelGrid } from '../maps/map-grid'
import { shownValues, tallyOf } from '../maps/map-tally'
import { type MapView, MEASURES } from '../maps/measure'
import { drawModelMap, layoutGrid, NO_MARKS } from '../maps/model-map'
import { drawReconstruction, layoutReconstruction } from '../maps/reconstruction-chart'
import { scannedModules, sensitivityView } from '../maps/sensitivity'
import { drawnSvg } from '../maps/svg'
import { drawTraining, layoutTraining } from '../maps/training-chart'
import { BARS_HEIGHT, drawBars, layoutBars, widthBars, widthsDiffer } from '../maps/widths'
import { reportWords as words } from '../words/report'
import type { ReportDocument } from './document'
import { Html, html } from './html'

const WIDTH = 900
/** Charts of learning that a report shows; the page has all of them. */
const MOST_CHARTS = 12

/** Colours come from the report's own style sheet, so that one drawing serves light, dark and paper. */
const theme: MapTheme = {
  ...{ ink: 'var(--ink)', muted: 'var(--quiet)', line: 'var(--line)', surface: 'var(--ground)' },
  ...{ accent: 'var(--accent)', laneMax: 'var(--lane)', laneMean: 'var(--lane)', signed: signed.light },
  font: 'sans-serif',
}

/** A drawing with what it shows below it. */
function figure(caption: string, height: number, draw: Draw): Html {
  const svg = drawnSvg({ width: WIDTH, height, title: caption, font: theme.font }, (ctx) => draw(ctx, WIDTH, theme))
  return html`<figure><div class="wide">${new Html(svg)}</div><figcaption>${caption}</figcaption></figure>\n`
}

/** A map of layers and roles with its legend. */
function map<M extends ModuleLike>(modules: readonly M[], view: MapView<M>, caption: string): Html {
  const grid = modelGrid(modules)
  const tally = tallyOf(null, grid, view, modules)
  const scale = view.scale(shownValues(tally, view.spread))
  const { height } = layoutGrid(grid, WIDTH)
  return figure(`${caption} (${view.unit})`, height + 12 + LEGEND_HEIGHT, (ctx, width, of) => {
    const layout = layoutGrid(grid, width)
    drawModelMap(ctx, tally, view.spread, layout, scale, NO_MARKS, of)
    const left = Math.min(layout.left - 16, width - LEGEND_WIDTH)
    drawLegend(ctx, left, layout.height + 12, view.ramp ?? of.signed, scale, view.tick, of)
  })
}

export function moduleMaps({ modules }: { readonly modules: readonly ModuleRecord[] }): Html[] {
  const known = (view: (typeof MEASURES)['output']) => modules.some((module) => view.value(module) !== null)
  const errors = [MEASURES.output, MEASURES.weight].filter(known)
  const bars = widthBars(modules)
  return [
    map(modules, MEASURES.bits, words.mapOfBits),
    ...errors.map((view) => map(modules, view, words.mapOf(view.title))),
    ...(widthsDiffer(modules)
      ? [
          figure(words.widths, BARS_HEIGHT, (ctx, width, of) =>
            drawBars(ctx, bars, layoutBars(bars, width), { cursor: null, selected: null }, of),
          ),
        ]
      : []),
  ]
}

export const divergenceFigures = ({ divergences }: ReportDocument): Html[] =>
  divergences.map((report) =>
    figure(words.divergence.figure(report.text, report.protocol), layoutDivergence(WIDTH).height, (ctx, width, of) =>
      drawDivergence(ctx, report, layoutDivergence(width), null, of),
    ),
  )

export const sensitivityMaps = (modules: readonly ModuleRecord[], report: SensitivityReport): Html[] =>
  report.widths.map((bits) => {
    const view = sensitivityView(report, bits)
    return map(scannedModules(modules, report, bits), view, view.title)
  })

/** How widths, clips or roundings were learned, where the method learns. */
export function learningFigures(modules: readonly ModuleRecord[]): { readonly figures: Html[]; readonly left: number } {
  const charts = modules.flatMap(({ name, layer, training, reconstruction }) => [
    ...(training && training.step.length > 0
      ? [
          () => {
            const frame = { steps: training.step.at(-1)!, target: null }
            return figure(words.widthsLearned(name), layoutTraining(WIDTH).height, (ctx, width, of) =>
              drawTraining(ctx, training, frame, layoutTraining(width), null, of),
            )
          },
        ]
      : []),
    ...(reconstruction && reconstruction.step.length > 0
      ? [
          () => {
            const { height } = layoutReconstruction(reconstruction, WIDTH)
            return figure(words.reconstructed(layer), height, (ctx, width, of) =>
              drawReconstruction(
                ctx,
                reconstruction,
                reconstruction.step.at(-1)!,
                layoutReconstruction(reconstruction, width),
                null,
                of,
              ),
            )
          },
        ]
      : []),
  ])
  return {
    figures: charts.slice(0, MOST_CHARTS).map((chart) => chart()),
    left: Math.max(0, charts.length - MOST_CHARTS),
  }
}
