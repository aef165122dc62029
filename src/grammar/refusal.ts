/** A schema that cannot become a grammar: which keyword, where, and why. index.ts makes the client's error of it. */
export class Refusal extends Error {
  readonly keyword: string;
  readonly at: string;

  /**
   * @param keyword the schema's word, as `uniqueItems`; `schema` where it is the whole
   * @param at JSON pointer of the schema that has it, as `#/properties/a`
   * @param why the rest of a sentence that begins with the keyword: `is not supported`
   */
  constructor(keyword: string, at: string, why: string) {
    super(keyword === 'schema' ? `The schema at ${at} ${why}.` : `"${keyword}" in the schema at ${at} ${why}.`);
    this.name = 'Refusal';
    this.keyword = keyword;
    this.at = at;
  }
}
