/**
 * Accuracy against leakage as a picture (SVG): each setting a point with its intervals.
 *
 * @module
 */
import type { KnownInterval } from "../../mod.ts";
import type { Family } from "./settings.ts";
import type { Summary } from "./summary.ts";

const WIDTH = 960, HEIGHT = 620, LEFT = 78, RIGHT = 24, TOP = 92, BOTTOM = 64;

/** Colours that people who see colours differently can tell apart (Okabe and Ito). */
const COLOURS: Readonly<{ [family in Family]: string }> = {
  "ordinary": "#000000",
  "weights": "#d55e00",
  "units": "#0072b2",
  "units and weights": "#009e73",
  "differential privacy": "#cc79a7",
};

/** What is identified, on a logarithmic scale: from half of what chance finds to all. */
const LEAST_SHARE = 0.005, SHARES = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1];
const ERRORS = [0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 0.9];

const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
const percent = (share: number) => `${Number((100 * share).toFixed(1))} %`;

/** A logarithmic scale from [low, high] to [from, to]; values outside lie at its ends. */
function logScale(low: number, high: number, from: number, to: number): (value: number) => number {
  const scale = (to - from) / Math.log(high / low);
  return (value) => from + scale * Math.log(Math.min(high, Math.max(low, value)) / low);
}

const text = (x: number, y: number, content: string, more = "") =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${more}>${escaped(content)}</text>`;
const line = (x1: number, y1: number, x2: number, y2: number, more = "") =>
  `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}" ${more}/>`;

/** Labels beside their points, moved apart where they would lie on each other. */
function labelPlaces(
  points: readonly { x: number; y: number; label: string }[],
): { x: number; y: number; end: boolean }[] {
  const placed: { x: number; y: number; width: number }[] = [];
  return points.map(({ x, y, label }) => {
    const width = 6.4 * label.length, end = x + 10 + width > WIDTH - RIGHT, left = end ? x - 10 - width : x + 10;
    const taken = (at: number) =>
      placed.some((other) => Math.abs(other.y - at) < 12 && left < other.x + other.width && other.x < left + width);
    let at = y - 6;
    for (let move = 1; taken(at) && move < 40; move++) at = y - 6 + (move % 2 ? 1 : -1) * 6 * Math.ceil(move / 2);
    placed.push({ x: left, y: at, width });
    return { x: end ? x - 10 : x + 10, y: at, end };
  });
}

/** The picture. `chance` is the share that a blind guess identifies. */
export function frontierChart(summaries: readonly Summary[], chance: number, subtitle: string): string {
  const share = (summary: Summary): KnownInterval => summary.attacks[summary.worst]!.identified;
  const errors = summaries.map(({ accuracy }) => 1 - accuracy.mean);
  const least = Math.min(...errors, 0.009) * 0.8, greatest = Math.min(1, Math.max(...errors, 0.02) * 1.25);
  const x = logScale(LEAST_SHARE, 1, LEFT, WIDTH - RIGHT), y = logScale(least, greatest, TOP, HEIGHT - BOTTOM);
  const grid = [
    ...SHARES.map((at) =>
      line(x(at), TOP, x(at), HEIGHT - BOTTOM, 'stroke="#e4e4e4"') +
      text(x(at), HEIGHT - BOTTOM + 18, percent(at), 'text-anchor="middle"')
    ),
    ...ERRORS.filter((at) => at >= least && at <= greatest).map((at) =>
      line(LEFT, y(at), WIDTH - RIGHT, y(at), 'stroke="#e4e4e4"') +
      text(LEFT - 8, y(at) + 4, percent(1 - at), 'text-anchor="end"')
    ),
    line(x(chance), TOP, x(chance), HEIGHT - BOTTOM, 'stroke="#666" stroke-dasharray="5 4"'),
    text(x(chance) + 5, HEIGHT - BOTTOM - 8, "a blind guess", 'fill="#666"'),
  ];
  const families = [...new Set(summaries.map(({ setting }) => setting.family))];
  const paths = families.filter((family) => family !== "ordinary").map((family) => {
    const own = summaries.filter(({ setting }) => setting.family === family);
    const points = own.map((one) => `${x(share(one).mean).toFixed(1)},${y(1 - one.accuracy.mean).toFixed(1)}`);
    return `<polyline points="${points.join(" ")}" fill="none" stroke="${COLOURS[family]}" stroke-opacity="0.35"/>`;
  });
  const points = summaries.map((summary) => {
    const { setting, accuracy } = summary, identified = share(summary), colour = COLOURS[setting.family];
    const [px, py] = [x(identified.mean), y(1 - accuracy.mean)], bar = `stroke="${colour}" stroke-opacity="0.6"`;
    const told = `${setting.title}: accuracy ${percent(accuracy.mean)}, ${percent(identified.mean)} identified ` +
      `[${percent(identified.low)}, ${percent(identified.high)}]`;
    return `<g><title>${escaped(told)}</title>` +
      line(x(identified.low), py, x(identified.high), py, bar) +
      line(px, y(1 - accuracy.low), px, y(1 - accuracy.high), bar) +
      `<circle cx="${px.toFixed(1)}" cy="${py.toFixed(1)}" r="4.5" fill="${colour}"/></g>`;
  });
  const places = labelPlaces(
    summaries.map((one) => ({ x: x(share(one).mean), y: y(1 - one.accuracy.mean), label: one.setting.title })),
  );
  const labels = summaries.map(({ setting }, i) => {
    const { x, y, end } = places[i]!;
    const anchor = end ? 'text-anchor="end"' : "";
    return text(x, y + 4, setting.title, `font-size="11" fill="${COLOURS[setting.family]}" ${anchor}`);
  });
  let at = LEFT;
  const legend = families.map((family) => {
    const entry = `<circle cx="${at + 5}" cy="70" r="5" fill="${COLOURS[family]}"/>` + text(at + 16, 74, family);
    at += 40 + 7 * family.length;
    return entry;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" ` +
    `font-family="DejaVu Sans, sans-serif" font-size="12" fill="#222" role="img">` +
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>` +
    text(LEFT, 28, "What a network costs and what it gives away", 'font-size="18" font-weight="bold"') +
    text(LEFT, 50, subtitle, 'fill="#555"') +
    [...legend, ...grid, ...paths, ...points, ...labels].join("\n") +
    text(LEFT - 60, TOP - 8, "accuracy") +
    text(
      (LEFT + WIDTH - RIGHT) / 2,
      HEIGHT - 18,
      "share of the training images that the worst attack tells from 99 others of their digit",
      'text-anchor="middle"',
    ) + "</svg>\n";
}
