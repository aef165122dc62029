/** How much of the past stays with each new point. */
const MEMORY = 0.75;
/** Points closer together than this (as a standard deviation) say little about the slope. */
const NEAR = 64;
/** A point this many times off what was expected is taken for a slow moment, and counts as so far off alone. */
const OUTLIER = 2;
/** Far below all points the line is not believed further down than this share of their mean. */
const FLOOR = 0.25;

/** A line through points with positive values, the newest weighing most; it never falls. Least squares with forgetting. */
export class LineFit {
  private weight = 0;
  private x = 0;
  private y = 0;
  private xx = 0;
  private xy = 0;

  get empty(): boolean {
    return this.weight === 0;
  }

  /** What the value rises by from one x to the next. */
  get slope(): number {
    if (this.empty) return 0;
    const meanX = this.x / this.weight;
    const spread = this.xx / this.weight - meanX * meanX;
    const common = this.xy / this.weight - (meanX * this.y) / this.weight;
    return Math.max(0, common / (spread + NEAR * NEAR));
  }

  /** The value at x. */
  at(x: number): number {
    const mean = this.y / this.weight;
    return Math.max(mean * FLOOR, mean + this.slope * (x - this.x / this.weight));
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
