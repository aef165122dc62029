/** Finds where a JSON object ends that comes in pieces. It has to be well-formed. */
export class JsonEnd {
  private depth = 0;
  private inString = false;
  private escaped = false;

  /** Reads on. @returns how much of the piece belongs to the object, undefined where it goes on after it */
  find(piece: string): number | undefined {
    for (let at = 0; at < piece.length; at += 1) {
      const character = piece[at];
      if (this.inString) {
        if (this.escaped) this.escaped = false;
        else if (character === '\\') this.escaped = true;
        else if (character === '"') this.inString = false;
      } else if (character === '"') this.inString = true;
      else if (character === '{' || character === '[') this.depth += 1;
      else if (character === '}' || character === ']') {
        this.depth -= 1;
        if (this.depth === 0) return at + 1;
      }
    }
    return undefined;
  }
}
