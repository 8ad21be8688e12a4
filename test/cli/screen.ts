/** What a terminal would show: the escape sequences that readline and our programs use, and no others. */
export class Screen {
  readonly #columns: number;
  readonly #rows: string[][] = [[]];
  #row = 0;
  #column = 0;

  constructor(columns: number) {
    this.#columns = columns;
  }

  /** Its rows from the top, without blanks at their ends and empty rows at the end. */
  get lines(): string[] {
    const lines = this.#rows.map((row) =>
      Array.from(row, (char) => char ?? ' ')
        .join('')
        .trimEnd(),
    );
    while (lines.at(-1) === '') lines.pop();
    return lines;
  }

  write(text: string): void {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal hears
    for (const [, count, command, char] of text.matchAll(/\u001b\[([\d;]*)([A-Za-z])|(.)/gsu)) {
      if (command !== undefined) this.#obey(command, Number(count) || 1);
      else this.#type(char!);
    }
  }

  #type(char: string): void {
    if (char === '\r') this.#column = 0;
    else if (char === '\n') {
      // As a terminal in its usual mode, which writes the carriage return itself
      this.#column = 0;
      this.#down();
    } else if (char >= ' ') this.#put(char);
    else if (char !== '\u0007') throw new Error(`the screen does not know ${JSON.stringify(char)}`);
  }

  #put(char: string): void {
    if (this.#column === this.#columns) {
      this.#column = 0;
      this.#down();
    }
    this.#rows[this.#row]![this.#column] = char;
    this.#column += 1;
  }

  #down(): void {
    this.#row += 1;
    this.#rows[this.#row] ??= [];
  }

  #obey(command: string, count: number): void {
    switch (command) {
      case 'A':
        this.#row = Math.max(this.#row - count, 0);
        return;
      case 'C':
        this.#column = Math.min(this.#column + count, this.#columns - 1);
        return;
      case 'D':
        this.#column = Math.max(Math.min(this.#column, this.#columns - 1) - count, 0);
        return;
      case 'G':
        this.#column = count - 1;
        return;
      case 'J':
        this.#rows.length = this.#row + 1;
        this.#rows[this.#row]!.length = Math.min(this.#rows[this.#row]!.length, this.#column);
        return;
      case 'K':
        this.#rows[this.#row]!.length = Math.min(this.#rows[this.#row]!.length, this.#column);
        return;
      case 'm':
        return;
      default:
        throw new Error(`the screen does not know ESC [ ${command}`);
    }
  }
}
