import type { LevelSummary } from './summary.ts';

const width = 720;
const left = 72;
const right = 24;
const panelHeight = 180;
const panelTops = [104, 336];
const height = 576;
const font = 'font-family="system-ui, sans-serif"';

interface Panel {
  title: string;
  unit: string;
  colour: string;
  values: (number | null)[];
}

/**
 * Throughput and the 95th percentile of the time to the first token against clients, as an SVG that needs nothing else.
 * @param title what was measured, and how; a line each
 */
export function plot(levels: readonly LevelSummary[], [title, subtitle]: readonly [string, string]): string {
  const byClients = levels.toSorted((a, b) => a.clients - b.clients);
  const clients = byClients.map((level) => level.clients);
  const panels: Panel[] = [
    {
      title: 'output',
      unit: 'tokens/s',
      colour: '#0b6bcb',
      values: byClients.map(({ outputTokensPerSecond }) => outputTokensPerSecond),
    },
    {
      title: 'time to first token, p95',
      unit: 'ms',
      colour: '#c2410c',
      values: byClients.map(({ firstTokenMs }) => firstTokenMs.p95),
    },
  ];
  const x = horizontal(clients);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ${font} font-size="13" fill="#1f2937">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="18" y="28" font-size="15" font-weight="600">${escaped(title)}</text>`,
    `<text x="18" y="48">${escaped(subtitle)}</text>`,
    ...legend(panels),
    ...panels.flatMap((panel, index) => drawPanel(panel, { top: panelTops[index] ?? 0, clients, x })),
    `<text x="${(left + width - right) / 2}" y="${height - 16}" text-anchor="middle">clients (log scale)</text>`,
    '</svg>',
    '',
  ].join('\n');
}

interface Place {
  top: number;
  clients: readonly number[];
  /** Pixels from the left of a number of clients. */
  x(clients: number): number;
}

function drawPanel({ title, unit, colour, values }: Panel, { top, clients, x }: Place): string[] {
  const bottom = top + panelHeight;
  const ticks = niceTicks(Math.max(0, ...values.filter((value) => value !== null)));
  const y = (value: number): number => round(bottom - (value / (ticks.at(-1) ?? 1)) * panelHeight);
  const points = clients.flatMap((count, index) => {
    const value = values[index] ?? null;
    return value === null ? [] : [{ count, value, at: [x(count), y(value)] as const }];
  });
  return [
    ...ticks.map(
      (tick) =>
        `<line x1="${left}" x2="${width - right}" y1="${y(tick)}" y2="${y(tick)}" stroke="#e5e7eb"/>` +
        `<text x="${left - 8}" y="${y(tick) + 4}" text-anchor="end">${tick}</text>`,
    ),
    `<path d="M${left} ${top}V${bottom}H${width - right}" fill="none" stroke="#6b7280"/>`,
    ...clients.map((count) => `<text x="${x(count)}" y="${bottom + 18}" text-anchor="middle">${count}</text>`),
    `<text transform="translate(18 ${(top + bottom) / 2}) rotate(-90)" text-anchor="middle">${unit}</text>`,
    `<polyline points="${points.map(({ at }) => at.join(',')).join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>`,
    ...points.map(
      ({ count, value, at: [cx, cy] }) =>
        `<circle cx="${cx}" cy="${cy}" r="4" fill="${colour}"><title>${count} ${count === 1 ? 'client' : 'clients'}: ${title} ${shown(value)} ${unit}</title></circle>` +
        `<text x="${cx}" y="${cy - 9}" text-anchor="middle" font-size="12" fill="${colour}">${shown(value)}</text>`,
    ),
  ];
}

function legend(panels: readonly Panel[]): string[] {
  return panels.map(({ title, unit, colour }, index) => {
    const x = left + index * 180;
    return (
      `<line x1="${x}" x2="${x + 24}" y1="72" y2="72" stroke="${colour}" stroke-width="2"/>` +
      `<circle cx="${x + 12}" cy="72" r="4" fill="${colour}"/><text x="${x + 32}" y="76">${title} (${unit})</text>`
    );
  });
}

/** Equal steps for equal ratios, so that 1, 2, 4 and 64 clients are all told apart. */
function horizontal(clients: readonly number[]): (count: number) => number {
  const [from, to] = [left + 40, width - right - 40];
  const low = Math.log2(clients[0] ?? 1);
  const high = Math.log2(clients.at(-1) ?? 1);
  return (count) =>
    round(high === low ? (from + to) / 2 : from + ((Math.log2(count) - low) / (high - low)) * (to - from));
}

/** Ticks from 0 to at least `highest`, at 1, 2 or 5 times a power of ten, with room for a label above. */
function niceTicks(highest: number): number[] {
  const rough = Math.max(highest * 1.1, 1e-3) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const steps = Math.ceil((highest * 1.1) / step) || 1;
  return Array.from({ length: steps + 1 }, (_, index) => Number((index * step).toPrecision(6)));
}

function shown(value: number): string {
  return value < 10 ? value.toFixed(1) : value.toFixed(0);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
