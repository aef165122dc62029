/** How much of the past stays with each new point. */
const MEMORY = 0.9;
/** Points closer together than this (as a standard deviation) say little about the slope. */
const NEAR = 64;
/** Above all points, where they say little, the value is expected to double within so much of x. */
const DOUBLES_WITHIN = 1024;
/** A point this many times off what was expected is taken for a slow moment, and counts as so far off alone. */
const OUTLIER = 2;
/** Far below all points the line is not believed further down than this share of their mean. */
const FLOOR = 0.25;

/**
 * A line through points with positive values, the newest weighing most; it never falls. Least squares with forgetting.
 * Where points say little of the slope, the value is expected not to fall below them and to rise above them: rather too much.
 */
export class LineFit {
  private weight = 0;
  private x = 0;
  private y = 0;
  private xx = 0;
  private xy = 0;

  get empty(): boolean {
    return this.weight === 0;
  }

  /** The value at x. */
  at(x: number): number {
    const mean = this.y / this.weight;
    return Math.max(mean * FLOOR, mean + this.slopeAt(x) * (x - this.x / this.weight));
  }

  /** What the value rises by for each step of x, around x. */
  private slopeAt(x: number): number {
    const meanX = this.x / this.weight;
    const meanY = this.y / this.weight;
    const spread = this.xx / this.weight - meanX * meanX;
    const common = this.xy / this.weight - meanX * meanY;
    const expected = x > meanX ? meanY / DOUBLES_WITHIN : 0;
    return Math.max(0, (common + NEAR * NEAR * expected) / (spread + NEAR * NEAR));
  }

  add(x: number, y: number): void {
    const expected = this.empty ? y : this.at(x);
    const value = Math.min(Math.max(y, expected / OUTLIER), expected * OUTLIER);
    this.weight = MEMORY * this.weight + 1;
    this.x = MEMORY * this.x + x;
    this.y = MEMORY * this.y + value;
    this.xx = MEMORY * this.xx + x * x;
    this.xy = MEMORY * this.xy + x * value;
  }
}
