import { useMemo } from 'react'
import type { Distributions } from '../workers/api'
import { FigureTable, inFull } from './FigureTable'
import { formatError, formatInteger, formatNumber, formatShare, formatTenths } from './format'
import type { BinPanel } from './maps/bin-panels'
import { codeFacts, codeMeans, levelRows } from './maps/distribution-panels'
import { CODES } from './words/distributions'

const LEVEL_FORMATS = [inFull, inFull, formatError, formatTenths]

/** How much of their width the codes use. */
export function CodeFactsTable({ found, panels }: { found: Distributions; panels: readonly BinPanel[] }) {
  const facts = useMemo(() => codeFacts(found), [found])
  const means = codeMeans(facts)
  return (
    <>
      <section
        className="table-area"
        aria-label={`${CODES.table}, ${found.name}`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        tabIndex={0}
      >
        <table style={{ minWidth: 520 }}>
          <thead>
            <tr>
              {CODES.head.map((title, at) => (
                <th key={title} scope="col" data-align={at > 0 ? 'right' : undefined}>
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {facts.map(({ name, weights, share, bits, entropy, used, codes, clipped }) => (
              <tr key={name}>
                <td>{name}</td>
                {[
                  ...[formatInteger(weights), formatTenths(share), formatNumber(bits, 3), formatNumber(entropy, 3)],
                  ...[CODES.used(used, codes), clipped === null ? '' : formatShare(clipped)],
                ].map((cell, at) => (
                  <td key={CODES.head[at + 1]} data-align="right">
                    {cell}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <p className="readout">
        {CODES.mean(formatNumber(means.entropy, 3), formatNumber(means.bits, 3))}
        {found.flat > 0 && ` ${CODES.flat(formatInteger(found.flat))}`}
      </p>
      <FigureTable
        label={`${CODES.levels}, ${found.name}`}
        what={CODES.levels}
        head={CODES.levelHead}
        rows={() => levelRows(panels)}
        formats={LEVEL_FORMATS}
        file={`${found.name}-levels`}
      />
    </>
  )
}
