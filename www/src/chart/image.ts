// A drawn chart as a file of its own: with title, legend and ground, and the page's style written into it.
import { fit, span } from "./text";

/** What a saved picture shows: an SVG as text, and its size. */
export type Picture = { svg: string; width: number; height: number };

/** A colour of a chart and what it stands for. */
export type Key = { name: string; colour: string };

const SVG = "http://www.w3.org/2000/svg";
const EDGE = 24;
const LINE = 20;

const WRITTEN = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "paint-order", "opacity", "font-size", "font-weight", "text-anchor"] as const;

/** The SVG with every style it shows written on its elements, without what only the pointer brings; `ground` beneath it. */
export function standalone(svg: SVGSVGElement, ground = ""): Picture {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const shown = [svg, ...svg.querySelectorAll("*")];
  const written = [copy, ...copy.querySelectorAll("*")];
  written.forEach((element, i) => {
    const style = shown[i] && getComputedStyle(shown[i]);
    if (style) for (const name of WRITTEN) element.setAttribute(name, style.getPropertyValue(name));
    for (const name of ["class", "tabindex", "role", "style"]) element.removeAttribute(name);
  });
  for (const live of copy.querySelectorAll("[data-live]")) live.remove();
  const { width, height } = svg.getBoundingClientRect();
  copy.setAttribute("xmlns", SVG);
  copy.setAttribute("overflow", "visible"); // the last figure of an axis reaches into the edge
  copy.setAttribute("width", String(width));
  copy.setAttribute("height", String(height));
  copy.setAttribute("font-family", getComputedStyle(svg).fontFamily);
  const text = new XMLSerializer().serializeToString(copy);
  return { svg: text.replace(/^<svg[^>]*>/, (start) => start + ground), width, height };
}

/** A table of coloured cells as a drawing, all of it, however far it is scrolled. */
export function tiled(table: HTMLTableElement): Picture {
  const lines = [...table.rows].map((line) => [...line.cells].filter((cell) => cell.dataset["live"] === undefined));
  const [left, top] = [table.getBoundingClientRect().left, table.getBoundingClientRect().top];
  // The first row and the first column stay in sight, so only the others know where they stand.
  const across = (lines[1] ?? []).map((cell, j) => (j === 0 ? 0 : cell.getBoundingClientRect().left - left));
  const parts = lines.flatMap((cells, i) => {
    const y = i === 0 ? 0 : (cells[1] ?? cells[0])!.getBoundingClientRect().top - top;
    return cells.flatMap((cell, j) => {
      const [x, { width, height }, written] = [across[j] ?? 0, cell.getBoundingClientRect(), getComputedStyle(cell.querySelector("button, span") ?? cell)];
      const said = cell.textContent?.trim() ?? "";
      const end = j > 0;
      const box = draw("rect", { x, y, width, height, rx: 3, fill: getComputedStyle(cell).backgroundColor });
      const text = draw("text", { x: end ? x + width - 8 : x, y: y + height / 2 + 4, fill: written.color, "font-size": 12, "font-weight": written.fontWeight, "text-anchor": end ? "end" : "start" }, j === 0 ? fit(said, width, 12) : said);
      return i > 0 && end ? [box, text] : [text];
    });
  });
  const last = lines.at(-1)?.at(-1)?.getBoundingClientRect();
  const [width, height] = [(across.at(-1) ?? 0) + (last?.width ?? 0), table.getBoundingClientRect().height];
  const svg = draw("svg", { width, height, "font-family": getComputedStyle(table).fontFamily });
  svg.append(...parts);
  return { svg: new XMLSerializer().serializeToString(svg), width, height };
}

/** The chart with what the page shows around it: its title, and which colour is what. */
export function framed(chart: Picture, title: string, keys: Key[]): Picture {
  const width = chart.width + 2 * EDGE;
  const parts = [draw("text", { x: EDGE, y: EDGE + 14, fill: token("--ink"), "font-size": 15, "font-weight": 600 }, title)];
  let [x, y] = [EDGE, EDGE + 14];
  for (const { name, colour } of keys) {
    const wide = 16 + span(name, 12);
    if (y === EDGE + 14 || x + wide > width - EDGE) [x, y] = [EDGE, y + LINE + 4];
    parts.push(draw("rect", { x, y: y - 9, width: 10, height: 10, rx: 2, fill: token(colour) }));
    parts.push(draw("text", { x: x + 16, y, fill: token("--ink-2"), "font-size": 12 }, name));
    x += wide + EDGE;
  }
  const top = y + LINE;
  const height = top + chart.height + EDGE;
  const frame = draw("svg", { width, height, viewBox: `0 0 ${width} ${height}`, "font-family": getComputedStyle(document.body).fontFamily });
  frame.append(draw("rect", { width, height, fill: token("--surface") }), ...parts);
  const text = new XMLSerializer().serializeToString(frame);
  const inner = `<g transform="translate(${EDGE} ${top})">${chart.svg}</g>`;
  return { svg: text.slice(0, -"</svg>".length) + inner + "</svg>", width, height };
}

function draw(name: string, attributes: Record<string, string | number>, text = ""): SVGElement {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.textContent = text;
  return element;
}

/** Draws an SVG on a canvas of twice its size. */
export async function png({ svg, width, height }: Picture): Promise<Blob> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = width * 2;
  canvas.height = height * 2;
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done, fail) => canvas.toBlob((blob) => (blob ? done(blob) : fail(new Error("no picture")))));
}

/** The present value of a style token. */
export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
