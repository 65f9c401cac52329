/** Verdict functions from +, -, * and / alone: bytes are equal on every JavaScript engine. */

/** ln x = 2 artanh((x - 1) / (x + 1)) for finite x > 0; relative error below 1e-15. */
export function ln(x: number): number {
  if (!(x > 0) || x === Infinity) throw new RangeError(`ln: expected a positive finite number, got ${x}`);
  let rest = x;
  let exponent = 0;
  while (rest > Math.SQRT2) {
    rest /= 2;
    exponent += 1;
  }
  while (rest < Math.SQRT1_2) {
    rest *= 2;
    exponent -= 1;
  }
  const s = (rest - 1) / (rest + 1);
  const square = s * s;
  let series = 0;
  for (let odd = 23; odd >= 1; odd -= 2) series = series * square + 1 / odd;
  return exponent * Math.LN2 + 2 * s * series;
}

/** e^x, 0 below -745; relative error below 1e-13 for |x| < 700 (Taylor, then doubling). */
export function exp(x: number): number {
  if (Number.isNaN(x) || x > 709) throw new RangeError(`exp: expected a number up to 709, got ${x}`);
  if (x < -745) return 0;
  let exponent = Math.round(x / Math.LN2);
  const rest = x - exponent * Math.LN2;
  let value = 1;
  for (let n = 17; n >= 1; n--) value = 1 + (rest / n) * value;
  for (; exponent > 0; exponent--) value *= 2;
  for (; exponent < 0; exponent++) value /= 2;
  return value;
}

/** Standard normal distribution; error below 1e-7 (Abramowitz & Stegun 1964, 26.2.17). */
export function normalCdf(z: number): number {
  if (z < 0) return 1 - normalCdf(-z);
  if (z > 8) return 1;
  const t = 1 / (1 + 0.2316419 * z);
  const poly = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return 1 - 0.3989422804014327 * exp((-z * z) / 2) * poly;
}

/** The z with normalCdf(z) = p, by bisection; for plans only. Throws RangeError outside (0, 1). */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1)) throw new RangeError(`normalQuantile: expected p between 0 and 1, got ${p}`);
  let low = -8;
  let high = 8;
  for (let step = 0; step < 50; step++) {
    const middle = (low + high) / 2;
    if (normalCdf(middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Mean of at least one number. */
export function mean(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/** Sample variance (divisor n - 1); 0 for fewer than two numbers. */
export function variance(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const center = mean(values);
  let sum = 0;
  for (const value of values) sum += (value - center) * (value - center);
  return sum / (values.length - 1);
}

/** 12 significant digits, never -0: the precision of every number in a verdict. */
export function rounded(value: number): number {
  const short = Number(value.toPrecision(12));
  return short === 0 ? 0 : short;
}

/** Least integer above `low` with `enough`, which must hold at `high` and be monotone. */
export function leastEnough(low: number, high: number, enough: (value: number) => boolean): number {
  let [below, least] = [low, high];
  while (least - below > 1) {
    const middle = (below + least) >> 1;
    if (enough(middle)) least = middle;
    else below = middle;
  }
  return least;
}
