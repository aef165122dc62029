import assert from 'node:assert/strict';

const label = String.raw`[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*"`;
/** prom-client 15.1 writes Nan; Prometheus reads it in any case (Go's ParseFloat). */
const number = String.raw`[+-]?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Inf)|N[aA][nN]`;
const help = /^# HELP ([a-zA-Z_]\w*) \S.*$/;
const type = /^# TYPE ([a-zA-Z_]\w*) (counter|gauge|histogram|summary)$/;
const sample = new RegExp(String.raw`^(([a-zA-Z_]\w*)(?:\{${label}(?:,${label})*\})?) (${number})$`);

/** Samples by name and labels as they stand in the text: `hearth_slots{model="fake"}`. */
export type Samples = ReadonlyMap<string, number>;

/**
 * Reads Prometheus' text format, strictly: https://prometheus.io/docs/instrumenting/exposition_formats/
 * @throws AssertionError for a line that is not of the format, a sample twice or outside the block of its metric
 */
export function parseMetrics(text: string): Samples {
  assert.ok(text.endsWith('\n'), 'the last line ends');
  const samples = new Map<string, number>();
  const described = new Set<string>();
  let current = '';
  let kind = '';
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [, named] = help.exec(line) ?? [];
    const [, typed, ofType] = type.exec(line) ?? [];
    const [, key, name = '', value] = sample.exec(line) ?? [];
    if (named !== undefined) {
      assert.ok(!described.has(named), `${named} twice`);
      described.add(named);
      current = named;
    } else if (typed !== undefined) {
      assert.equal(typed, current);
      kind = ofType ?? '';
    } else {
      assert.ok(key !== undefined, `not a line of the format: ${line}`);
      const suffix = kind === 'histogram' ? '_(?:bucket|sum|count)' : '';
      assert.match(name, new RegExp(`^${current}${suffix}$`));
      assert.ok(!samples.has(key), `${key} twice`);
      samples.set(key, Number(value?.replace('Inf', 'Infinity')));
    }
  }
  return samples;
}

/** Reads a server's metrics. */
export async function scrape(url: string, headers: Record<string, string> = {}): Promise<Samples> {
  const reply = await fetch(`${url}/metrics`, { headers });
  assert.equal(reply.status, 200);
  assert.equal(reply.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
  return parseMetrics(await reply.text());
}

/** The samples of some names, without those names' prefix. */
export function samplesOf(samples: Samples, prefix: string): Record<string, number> {
  const found = [...samples].filter(([key]) => key.startsWith(prefix));
  return Object.fromEntries(found.map(([key, value]) => [key.slice(prefix.length), value]));
}

/** A metric now, added up over all its labels. */
export async function metric(url: string, name: string, headers: Record<string, string> = {}): Promise<number> {
  const values = Object.values(samplesOf(await scrape(url, headers), `${name}{`));
  assert.ok(values.length > 0, `there is no ${name}`);
  return values.reduce((sum, value) => sum + value, 0);
}
