/** A pen that writes SVG. */
import type { Pen, Size } from './pen.ts';

interface Style {
  fillStyle: Pen['fillStyle'];
  strokeStyle: Pen['strokeStyle'];
  lineWidth: number;
  globalAlpha: number;
  font: string;
  textAlign: CanvasTextAlign;
  textBaseline: CanvasTextBaseline;
  dash: readonly number[];
  clip: number;
}

const ANCHORS: Readonly<Record<string, string>> = { center: 'middle', right: 'end', end: 'end' };
const BASELINES: Readonly<Record<string, string>> = { middle: 'central', top: 'hanging', hanging: 'hanging' };

export class SvgPen implements Pen {
  fillStyle: Pen['fillStyle'] = '#000';
  strokeStyle: Pen['strokeStyle'] = '#000';
  lineWidth = 1;
  globalAlpha = 1;
  font = '11px sans-serif';
  textAlign: CanvasTextAlign = 'start';
  textBaseline: CanvasTextBaseline = 'alphabetic';
  #dash: readonly number[] = [];
  #path = '';
  #clip = 0;
  #clips = 0;
  readonly #stack: Style[] = [];
  readonly #parts: string[] = [];
  readonly #measure = document.createElement('canvas').getContext('2d')!;

  beginPath(): void {
    this.#path = '';
  }

  moveTo(x: number, y: number): void {
    this.#path += `M${short(x)} ${short(y)}`;
  }

  lineTo(x: number, y: number): void {
    this.#path += `${this.#path === '' ? 'M' : 'L'}${short(x)} ${short(y)}`;
  }

  arc(x: number, y: number, radius: number, from: number, to: number): void {
    const whole = Math.abs(to - from) >= 2 * Math.PI - 1e-6;
    const middle = whole ? from + Math.PI : to;
    const point = (angle: number): string =>
      `${short(x + radius * Math.cos(angle))} ${short(y + radius * Math.sin(angle))}`;
    const large = !whole && Math.abs(to - from) > Math.PI ? 1 : 0;
    this.#path += `${this.#path === '' ? 'M' : 'L'}${point(from)}A${radius} ${radius} 0 ${large} 1 ${point(middle)}`;
    if (whole) this.#path += `A${radius} ${radius} 0 0 1 ${point(from)}`;
  }

  rect(x: number, y: number, width: number, height: number): void {
    this.#path += `M${short(x)} ${short(y)}h${short(width)}v${short(height)}h${short(-width)}Z`;
  }

  closePath(): void {
    this.#path += 'Z';
  }

  stroke(): void {
    const dash = this.#dash.length === 0 ? '' : ` stroke-dasharray="${this.#dash.join(' ')}"`;
    const width = short(this.lineWidth);
    this.#put(
      `path d="${this.#path}" fill="none" stroke="${xml(String(this.strokeStyle))}" stroke-width="${width}"${dash}`,
    );
  }

  fill(): void {
    this.#put(`path d="${this.#path}" fill="${xml(String(this.fillStyle))}"`);
  }

  fillRect(x: number, y: number, width: number, height: number): void {
    const place = `x="${short(x)}" y="${short(y)}" width="${short(width)}" height="${short(height)}"`;
    this.#put(`rect ${place} fill="${xml(String(this.fillStyle))}"`);
  }

  strokeRect(x: number, y: number, width: number, height: number): void {
    const before = this.#path;
    this.#path = '';
    this.rect(x, y, width, height);
    this.stroke();
    this.#path = before;
  }

  fillText(text: string, x: number, y: number): void {
    const anchor = ANCHORS[this.textAlign] ?? 'start';
    const baseline = BASELINES[this.textBaseline] ?? 'auto';
    this.#parts.push(
      `<text x="${short(x)}" y="${short(y)}" text-anchor="${anchor}" dominant-baseline="${baseline}"` +
        ` style="font:${xml(this.font)}" fill="${xml(String(this.fillStyle))}"${this.#common()}>${xml(text)}</text>`,
    );
  }

  setLineDash(dash: number[]): void {
    this.#dash = dash;
  }

  clip(): void {
    this.#clips += 1;
    this.#clip = this.#clips;
    this.#parts.push(`<clipPath id="clip${this.#clip}"><path d="${this.#path}"/></clipPath>`);
  }

  save(): void {
    const { fillStyle, strokeStyle, lineWidth, globalAlpha, font, textAlign, textBaseline } = this;
    const style = { fillStyle, strokeStyle, lineWidth, globalAlpha, font, textAlign, textBaseline };
    this.#stack.push({ ...style, dash: this.#dash, clip: this.#clip });
  }

  restore(): void {
    const style = this.#stack.pop();
    if (style === undefined) return;
    const { dash, clip, ...rest } = style;
    Object.assign(this, rest);
    this.#dash = dash;
    this.#clip = clip;
  }

  measureText(text: string): { readonly width: number } {
    this.#measure.font = this.font;
    return this.#measure.measureText(text);
  }

  /** The picture. */
  text({ width, height }: Size): string {
    const head = `xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`;
    return `<svg ${head}>\n${this.#parts.join('\n')}\n</svg>\n`;
  }

  #put(element: string): void {
    this.#parts.push(`<${element}${this.#common()}/>`);
  }

  #common(): string {
    const alpha = this.globalAlpha === 1 ? '' : ` opacity="${short(this.globalAlpha)}"`;
    return this.#clip === 0 ? alpha : `${alpha} clip-path="url(#clip${this.#clip})"`;
  }
}

function short(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** Text as XML has it. */
export function xml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
