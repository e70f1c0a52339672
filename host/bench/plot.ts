/** Time against round trip as an SVG, both axes logarithmic. Knows lines and axes, not what they mean. */
export interface Series {
  readonly name: string;
  readonly colour: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

const WIDTH = 720;
const HEIGHT = 420;
const MARGIN = { left: 70, right: 190, top: 40, bottom: 50 };

export interface Axis {
  readonly title: string;
  /** Where a line is drawn, and its label; the first and the last bound the axis. */
  readonly ticks: readonly { readonly at: number; readonly label: string }[];
}

export function plotSvg(title: string, xAxis: Axis, yAxis: Axis, series: readonly Series[]): string {
  const x = scale(xAxis, MARGIN.left, WIDTH - MARGIN.right);
  const y = scale(yAxis, HEIGHT - MARGIN.bottom, MARGIN.top);
  const [left, right, top, bottom] = [MARGIN.left, WIDTH - MARGIN.right, MARGIN.top, HEIGHT - MARGIN.bottom];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" role="img" aria-label="${escape(title)}">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    text(left, 22, title, 'font-size="14" font-weight="bold"'),
    ...xAxis.ticks.flatMap(({ at, label }) => [line(x(at), top, x(at), bottom), text(x(at), bottom + 18, label, 'text-anchor="middle"')]),
    ...yAxis.ticks.flatMap(({ at, label }) => [line(left, y(at), right, y(at)), text(left - 8, y(at) + 4, label, 'text-anchor="end"')]),
    text((left + right) / 2, HEIGHT - 10, xAxis.title, 'text-anchor="middle"'),
    `<text transform="translate(16 ${(top + bottom) / 2}) rotate(-90)" text-anchor="middle">${escape(yAxis.title)}</text>`,
    ...series.flatMap(({ name, colour, points }) => {
      const last = points.at(-1);
      if (last === undefined) return [];
      return [
        `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${points.map((point) => `${x(point.x).toFixed(1)},${y(point.y).toFixed(1)}`).join(' ')}"/>`,
        ...points.map((point) => `<circle cx="${x(point.x).toFixed(1)}" cy="${y(point.y).toFixed(1)}" r="3" fill="${colour}"/>`),
        text(x(last.x) + 8, y(last.y) + 4, name, `fill="${colour}"`),
      ];
    }),
    '</svg>',
    '',
  ].join('\n');
}

function scale({ ticks }: Axis, from: number, to: number): (value: number) => number {
  const [low, high] = [Math.log(ticks[0]!.at), Math.log(ticks.at(-1)!.at)];
  return (value) => from + ((Math.log(value) - low) / (high - low)) * (to - from);
}

function line(x1: number, y1: number, x2: number, y2: number): string {
  return `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}" stroke="#ddd"/>`;
}

function text(x: number, y: number, content: string, attributes: string): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${escape(content)}</text>`;
}

function escape(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
