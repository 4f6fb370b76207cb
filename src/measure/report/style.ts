/** The page's look. Colours of a dark page where the reader's system is dark. */

/** Classes for what is ours, in the order of their colours. */
export const OURS = ["ours-1", "ours-2", "ours-3", "ours-4", "ours-5", "ours-6"] as const;

const COLOURS = {
  light: ["#1d5fd6", "#8b2fc9", "#d2540a", "#0b7d56", "#b81f64", "#7d6200"],
  dark: ["#6aa6ff", "#c993ff", "#ff9a57", "#4ecf9f", "#ff86b6", "#e0bd48"],
};

export const STYLE = `
:root { color-scheme: light dark; --page: #fbfbfa; --card: #fff; --text: #1b1f24; --soft: #5b6470; --edge: #dfe2e6; --peer: #9aa2ad; --peer-text: #5b6470; --ceiling: #c9ced6; --bad: #b3261e;
${variables(COLOURS.light)} }
@media (prefers-color-scheme: dark) { :root { --page: #14171b; --card: #1c2026; --text: #e8eaed; --soft: #a3abb6; --edge: #333a43; --peer: #737d8a; --peer-text: #a9b1bc; --ceiling: #4a525d; --bad: #ff8a80;
${variables(COLOURS.dark)} } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 1360px; margin: 0 auto; padding: 28px 20px 60px; }
h1 { font-size: 28px; margin: 0 0 4px; } h2 { font-size: 21px; margin: 0; } p { margin: 6px 0; max-width: 78ch; }
.soft, figcaption, dt { color: var(--soft); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px; margin: 14px 0; font-size: 15px; } dd { margin: 0; overflow-wrap: anywhere; }
code { white-space: pre-wrap; font: 14px ui-monospace, monospace; }
nav { display: flex; flex-wrap: wrap; gap: 6px 8px; margin: 18px 0; } nav a, .key span { border: 1px solid var(--edge); border-radius: 99px; padding: 1px 12px; font-size: 14px; color: var(--text); text-decoration: none; background: var(--card); }
.key { display: flex; flex-wrap: wrap; gap: 6px 8px; margin: 10px 0; } .key i { display: inline-block; width: 11px; height: 11px; border-radius: 3px; margin-right: 7px; background: var(--colour); }
.note { border-left: 4px solid var(--colour-1); padding: 4px 14px; background: var(--card); white-space: pre-line; }
section { background: var(--card); border: 1px solid var(--edge); border-radius: 10px; padding: 20px 22px; margin: 22px 0; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 540px), 1fr)); gap: 22px 34px; margin-top: 14px; }
figure { margin: 0; min-width: 0; } figcaption { font-size: 14px; margin-bottom: 8px; min-height: 2.9em; display: flex; align-items: end; }
svg { width: 100%; height: auto; display: block; font: 13px system-ui, sans-serif; }
svg text { fill: var(--text); } .tick, .axis { fill: var(--soft) !important; font-size: 12px; } .end { text-anchor: end; } .middle { text-anchor: middle; }
.grid { stroke: var(--edge); } polyline { fill: none; stroke: var(--colour); stroke-width: 1.5; stroke-linejoin: round; } circle { fill: var(--colour); } rect { fill: var(--colour); }
.leader { fill: none; stroke: var(--colour); stroke-width: 1; opacity: .45; } .whisker { stroke: var(--text); stroke-width: 1.5; opacity: .55; }
.peer { --colour: var(--peer); } .ceiling { --colour: var(--ceiling); } .peer .label, .peer .value, .ceiling .label, .ceiling .value { fill: var(--peer-text); } .peer circle, .ceiling circle { r: 2.4px; } .ceiling polyline { stroke-dasharray: 5 4; }
${OURS.map((name, i) => `.${name} { --colour: var(--colour-${i + 1}); }`).join("\n")}
[class^="ours"] polyline { stroke-width: 2.8; } [class^="ours"] .label { font-weight: 650; fill: var(--colour); }
details { margin-top: 16px; } summary { cursor: pointer; color: var(--soft); } .scroll { overflow-x: auto; }
table { border-collapse: collapse; margin-top: 10px; font-size: 14px; font-variant-numeric: tabular-nums; } th, td { padding: 3px 12px 3px 0; text-align: right; border-bottom: 1px solid var(--edge); white-space: nowrap; } th { color: var(--soft); font-weight: 500; } th:first-child, td:first-child { text-align: left; }
.bad { color: var(--bad); overflow-wrap: anywhere; } ul { margin: 8px 0; padding-left: 20px; font-size: 15px; }
`;

// --- internal ---

function variables(colours: readonly string[]): string {
  return colours.map((colour, i) => `--colour-${i + 1}: ${colour};`).join(" ");
}
