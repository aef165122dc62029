/** Tokens as the model's server counted them. */
export interface ModelUsage {
  promptTokens: number;
  completionTokens: number;
}

export interface ModelResponseFields {
  text?: string | undefined;
  embedding?: number[][] | undefined;
  imageUrls?: string[] | undefined;
  raw?: unknown;
  parsed?: unknown;
  usage?: ModelUsage | undefined;
}

/** What every wrapper answers; a field that the model's kind doesn't have is undefined. */
export class ModelResponse {
  /** What the model wrote. Of a streamed reply: what has been read of the stream so far. */
  text: string | undefined;
  /** A vector for each text. */
  embedding: number[][] | undefined;
  imageUrls: string[] | undefined;
  /** The reply as it came, JSON as parsed values. */
  raw: unknown;
  /** What `parseFunc` made of it. */
  parsed: unknown;
  usage: ModelUsage | undefined;
  /** The pieces of the text as they come, where a stream was asked for. It is read once; leaving it stops the work. */
  readonly stream: AsyncIterable<string> | undefined;

  /** @param pieces the rest of a streamed reply, which keeps `text` up to date */
  constructor(fields: ModelResponseFields, pieces?: (response: ModelResponse) => AsyncIterable<string>) {
    this.text = fields.text;
    this.embedding = fields.embedding;
    this.imageUrls = fields.imageUrls;
    this.raw = fields.raw;
    this.parsed = fields.parsed;
    this.usage = fields.usage;
    this.stream = pieces && this.following(pieces(this));
  }

  private async *following(pieces: AsyncIterable<string>): AsyncGenerator<string, void, void> {
    this.text ??= '';
    for await (const piece of pieces) {
      if (piece === '') continue;
      this.text += piece;
      yield piece;
    }
  }
}
