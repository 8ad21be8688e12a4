/**
 * What views draw with: the part of a canvas's context that can also be written as SVG (`svgPen.ts`), so that a view is
 * drawn once and saved as either.
 */
export interface Pen {
  fillStyle: string | CanvasGradient | CanvasPattern;
  strokeStyle: string | CanvasGradient | CanvasPattern;
  lineWidth: number;
  globalAlpha: number;
  font: string;
  textAlign: CanvasTextAlign;
  textBaseline: CanvasTextBaseline;
  beginPath(): void;
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
  arc(x: number, y: number, radius: number, from: number, to: number): void;
  rect(x: number, y: number, width: number, height: number): void;
  closePath(): void;
  stroke(): void;
  fill(): void;
  fillRect(x: number, y: number, width: number, height: number): void;
  strokeRect(x: number, y: number, width: number, height: number): void;
  fillText(text: string, x: number, y: number): void;
  setLineDash(dash: number[]): void;
  /** Keeps what is drawn until `restore` within the path, which is one `rect`. */
  clip(): void;
  save(): void;
  restore(): void;
  measureText(text: string): { readonly width: number };
}

/** px */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Draws a view into so much room. */
export type Draw = (pen: Pen, size: Size, colours: import('./colours.ts').Colours) => void;

/** What a view can be saved from. */
export type Picture =
  | { readonly kind: 'drawing'; readonly draw: Draw; readonly size: Size }
  | { readonly kind: 'svg'; readonly element: SVGSVGElement };
