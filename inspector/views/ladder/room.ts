/** Room for labels: who comes first has it, who would lie over another is told so. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Boxes are found by the stripes of so many px that they are in. */
const STRIPE = 16;

export class Room<Kept extends Box> {
  readonly #stripes = new Map<number, Kept[]>();

  /** The first box that lies over another, undefined when there is none. */
  over({ x, y, width, height }: Box): Kept | undefined {
    for (let stripe = Math.floor(y / STRIPE); stripe <= Math.floor((y + height) / STRIPE); stripe++) {
      for (const kept of this.#stripes.get(stripe) ?? []) {
        const apart =
          kept.x >= x + width ||
          x >= kept.x + kept.width ||
          kept.y >= y + height ||
          y >= kept.y + kept.height;
        if (!apart) return kept;
      }
    }
    return undefined;
  }

  take(box: Kept): void {
    for (
      let stripe = Math.floor(box.y / STRIPE);
      stripe <= Math.floor((box.y + box.height) / STRIPE);
      stripe++
    ) {
      const kept = this.#stripes.get(stripe);
      if (kept === undefined) this.#stripes.set(stripe, [box]);
      else kept.push(box);
    }
  }
}
