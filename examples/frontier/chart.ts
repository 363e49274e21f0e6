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

/** A point and what is written beside it. */
interface Labelled {
  readonly x: number;
  readonly y: number;
  readonly label: string;
}

/**
 * Where labels are written: beside their points, to the right or left, moved up or down until they lie on no other
 * label or point; those of the leftmost points first.
 */
function labelPlaces(points: readonly Labelled[]): Map<Labelled, { x: number; y: number; end: boolean }> {
  const taken: { left: number; right: number; y: number }[] = points.map(({ x, y }) => ({
    left: x - 6,
    right: x + 6,
    y,
  }));
  const places = new Map<Labelled, { x: number; y: number; end: boolean }>();
  for (const point of points.toSorted((a, b) => a.x - b.x)) {
    const { x, y, label } = point, width = 6.6 * label.length;
    const candidates = Array.from(
      { length: 60 },
      (_, i) => ({ end: i % 2 === 1, y: y + (i & 2 ? 1 : -1) * (6 + 6 * (i >> 2)) }),
    );
    const spanOf = ({ end, y }: { end: boolean; y: number }) => {
      const left = end ? x - 10 - width : x + 10;
      return { left, right: left + width, y };
    };
    const free = candidates.find((candidate) => {
      const { left, right, y } = spanOf(candidate);
      const inside = left > LEFT && right < WIDTH - 2 && y > TOP && y < HEIGHT - BOTTOM;
      return inside && !taken.some((other) => Math.abs(other.y - y) < 11 && left < other.right && other.left < right);
    }) ?? candidates[1]!;
    taken.push(spanOf(free));
    places.set(point, { x: free.end ? x - 10 : x + 10, y: free.y, end: free.end });
  }
  return places;
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
  const labelled = summaries.map((one): Labelled => {
    return { x: x(share(one).mean), y: y(1 - one.accuracy.mean), label: one.setting.title };
  });
  const places = labelPlaces(labelled);
  const labels = summaries.map(({ setting }, i) => {
    const { x, y, end } = places.get(labelled[i]!)!, anchor = end ? 'text-anchor="end"' : "";
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
