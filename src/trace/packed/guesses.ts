/** Which template comes next, guessed from the two before: after the same ones nearly always come the same one or two. */

const NONE = -1;
/** A power of two. */
const CONTEXTS = 4096;

export class Guesses {
  /** The likeliest, and the likeliest else; NONE when nothing is known. */
  first = NONE;
  second = NONE;
  /** By the two before: what came last, and what came last of the others. */
  readonly #known = new Int32Array(2 * CONTEXTS).fill(NONE);
  #context = 0;
  #last = 0;

  /** Is told what came. */
  note(template: number): void {
    const known = this.#known;
    if (template !== this.first) {
      known[this.#context] = template;
      known[this.#context + 1] = this.first;
    }
    const mixed = Math.imul(this.#last, 0x9e3779b1) ^ Math.imul(template, 0x85ebca6b);
    this.#last = template;
    this.#context = 2 * ((mixed ^ (mixed >>> 15)) & (CONTEXTS - 1));
    this.first = known[this.#context]!;
    this.second = known[this.#context + 1]!;
  }
}
