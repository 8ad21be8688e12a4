/** Views as files: SVG and PNG, from a drawing or from an SVG element of the page. */
import { paintOn } from './canvas.tsx';
import { colours } from './colours.ts';
import type { Draw, Picture, Size } from './pen.ts';
import { saveBlob } from './saveBlob.ts';
import { SvgPen } from './svgPen.ts';

export type PictureFormat = 'svg' | 'png';

/** px of the file in one of the view. */
const RATIO = 2;

/** Has the browser save a picture. */
export async function savePicture(picture: Picture, name: string, format: PictureFormat): Promise<void> {
  const blob =
    format === 'svg' ? new Blob([svgText(picture)], { type: 'image/svg+xml' }) : await png(picture);
  saveBlob(blob, `${name}.${format}`);
}

function svgText(picture: Picture): string {
  if (picture.kind === 'svg') return elementText(picture.element);
  const pen = new SvgPen();
  fillGround(pen, picture.size);
  picture.draw(pen, picture.size, colours());
  return pen.text(picture.size);
}

function fillGround(pen: Pick<SvgPen, 'fillRect'> & { fillStyle: unknown }, { width, height }: Size): void {
  pen.fillStyle = colours().panel;
  pen.fillRect(0, 0, width, height);
}

async function png(picture: Picture): Promise<Blob> {
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d')!;
  if (picture.kind === 'drawing') {
    const draw: Draw = (pen, size, own) => {
      fillGround(pen, size);
      picture.draw(pen, size, own);
    };
    paintOn(context, draw, picture.size, RATIO);
  } else {
    const image = new Image();
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(elementText(picture.element))}`;
    await image.decode();
    canvas.width = image.width * RATIO;
    canvas.height = image.height * RATIO;
    context.fillStyle = colours().panel;
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
  }
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob === null ? reject(new Error('the picture is too large')) : resolve(blob)));
  });
}

/** What of an element's looks the style sheet decides. */
const STYLES = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'opacity',
  'font-family',
  'font-size',
  'font-weight',
  'text-anchor',
  'visibility',
  'paint-order',
] as const;

/** The element with the looks that it has on the page written into it. */
function elementText(element: SVGSVGElement): string {
  const copy = element.cloneNode(true) as SVGSVGElement;
  const [from, to] = [element.querySelectorAll('*'), copy.querySelectorAll('*')];
  from.forEach((source, i) => {
    const style = getComputedStyle(source);
    const target = to[i] as SVGElement;
    for (const name of STYLES) target.style.setProperty(name, style.getPropertyValue(name));
  });
  // Of a drawing of which a part is looked at all is saved
  const { whole } = element.dataset;
  if (whole !== undefined) copy.setAttribute('viewBox', whole);
  const box = copy.viewBox.baseVal;
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.setAttribute('width', String(box.width));
  copy.setAttribute('height', String(box.height));
  return new XMLSerializer().serializeToString(copy);
}
