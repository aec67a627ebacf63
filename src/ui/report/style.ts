/** The report's whole style: light, dark as the reader's system is, and black on white on paper. */
export const STYLE = `
:root { color-scheme: light; --ground: #fff; --sunken: #f4f4f1; --line: #dddcd7; --ink: #1a1b1c; --soft: #45484b; --quiet: #5f6266; --accent: #0b6a70; --lane: #2f5d8a; }
@media screen and (prefers-color-scheme: dark) {
  :root { color-scheme: dark; --ground: #15171a; --sunken: #202327; --line: #35393f; --ink: #e8e8e6; --soft: #c0c3c6; --quiet: #9ba0a6; --accent: #5cc4c4; --lane: #9cc3ea; }
}
* { box-sizing: border-box; }
body { max-width: 964px; margin: 0 auto; padding: 40px 32px 64px; background: var(--ground); color: var(--ink); font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif; font-variant-numeric: tabular-nums; overflow-wrap: break-word; }
h1 { margin: 0 0 4px; font-size: 28px; line-height: 1.2; font-weight: 650; }
h2 { margin: 44px 0 12px; padding-top: 14px; border-top: 1px solid var(--line); font-size: 19px; font-weight: 650; }
h3 { margin: 24px 0 6px; font-size: 15px; font-weight: 650; }
p { margin: 0 0 10px; max-width: 74ch; }
.lead, figcaption, caption, .quiet { color: var(--quiet); }
.lead { font-size: 17px; }
dl.key { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 16px 24px; margin: 28px 0 0; padding: 18px 20px; background: var(--sunken); border-radius: 6px; }
dl.key dt { color: var(--quiet); font-size: 12.5px; }
dl.key dd { margin: 0; font-size: 21px; font-weight: 600; line-height: 1.3; }
dl.key dd small { display: block; color: var(--quiet); font-size: 12.5px; font-weight: 400; }
.wide { overflow-x: auto; }
table { width: 100%; margin: 14px 0 20px; border-collapse: collapse; font-size: 13.5px; }
caption { padding-bottom: 6px; text-align: left; caption-side: top; }
th, td { padding: 5px 14px 5px 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: baseline; }
th { color: var(--quiet); font-weight: 500; border-bottom-color: var(--quiet); vertical-align: bottom; }
.number { text-align: right; white-space: nowrap; }
th:last-child, td:last-child { padding-right: 0; }
figure { margin: 18px 0 26px; }
figure svg { display: block; width: 100%; min-width: 640px; height: auto; }
figcaption { margin-top: 6px; font-size: 13.5px; }
body { counter-reset: figure table; }
figcaption::before { counter-increment: figure; content: "Figure " counter(figure) ". "; font-weight: 600; }
caption::before { counter-increment: table; content: "Table " counter(table) ". "; font-weight: 600; }
pre { margin: 8px 0 14px; padding: 12px 14px; background: var(--sunken); border-radius: 6px; font: 12.5px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
code { font: 0.9em ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
@media (max-width: 640px) { body { padding: 24px 16px 48px; } h1 { font-size: 23px; } }
@media print {
  @page { margin: 18mm 16mm; }
  :root { --sunken: #f4f4f1; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  h2 { break-after: avoid; }
  h3, caption { break-after: avoid; }
  figure, tr, dl.key, pre { break-inside: avoid; }
  .wide { overflow: visible; }
  figure svg { min-width: 0; }
  table { font-size: 8.5pt; }
  .number { white-space: normal; }
}
`
